import { expect, test } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { verigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { envForTest, startGateway } from "./gateway-under-test.ts";
import { type JsonAnswer, jsonCall } from "./json-call.ts";
import { http2Request, openSocket, textUntilEnd } from "./raw-http.ts";
import { createService, createUser, userOfService, verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const policy = `version: 1
callers:
  - name: login
    methods: [AuthAPI.VerifyPin, UserAPI.GetUser]
    services: [s1]
  - name: setup
    methods: ["ServiceAPI.*", "UserAPI.*"]
    services: ["*"]
  - name: creator
    methods: [ServiceAPI.CreateService]
  - name: anonymous
    methods: [UserAPI.GetUser]
    services: [s2]
`;

/** A gateway with a policy, whose callers are known by keys such as `vg_login`. */
async function scene(env: Record<string, string> = {}) {
  const upstream = await startScriptedUpstream({
    status: 200,
    body: { id: "u1", ctime: "2017-07-06T13:12:03.141Z", id_in_service: "a" },
  });
  const file = fileOf(policy, "policy.yaml");
  const keys = fileOf(keysOf({ login: "vg_login", setup: "vg_setup", creator: "vg_creator", unknown2: "vg_unknown2" }));
  const gateway = await startGateway({
    upstream,
    env: { VERIGATE_KEYS_FILE: keys.path, VERIGATE_POLICY_FILE: file.path, ...env },
  });
  const call = (caller: string, method: string, body: unknown): Promise<JsonAnswer> =>
    jsonCall({
      port: gateway.port,
      headers: caller === "" ? {} : { authorization: `Bearer vg_${caller}` },
      method: `verigate.v1.${method}`,
      body,
    });
  return { upstream, gateway, file, call };
}

const getUser = "UserAPI/GetUser";
const notAllowed = { status: 403, reason: "CALLER_NOT_ALLOWED" };

test("a caller may do what the policy says, for the services it says, and upstream hears of nothing else", async () => {
  const { upstream, call } = await scene();
  expect((await call("login", getUser, userOfService)).status).toBe(200);
  expect(upstream.arrivals).toBe(1);

  expect(await call("login", getUser, { ...userOfService, serviceId: "s2" })).toMatchObject(notAllowed);
  expect(await call("login", getUser, { ...userOfService, serviceId: "S1" })).toMatchObject(notAllowed);
  expect(await call("login", "UserAPI/DeleteUser", userOfService)).toMatchObject(notAllowed);
  expect(await call("login", "ServiceAPI/CreateService", createService)).toMatchObject(notAllowed);
  expect(await call("unknown2", getUser, userOfService)).toMatchObject(notAllowed);
  expect(upstream.arrivals).toBe(1);
});

test("a method that creates a service needs its method alone", async () => {
  const { call } = await scene();
  expect((await call("creator", "ServiceAPI/CreateService", createService)).reason).not.toBe("CALLER_NOT_ALLOWED");
});

test("who shows nothing at a trusted listener is allowed what the policy says of anonymous, and no more", async () => {
  const { call } = await scene({ VERIGATE_TRUSTED_LISTEN: "127.0.0.1:0" });
  expect((await call("", getUser, { ...userOfService, serviceId: "s2" })).status).toBe(200);
  expect(await call("", getUser, userOfService)).toMatchObject(notAllowed);
});

test("a method that a caller may not call is refused before its request has come", async () => {
  const { gateway } = await scene();
  const socket = await openSocket(gateway.port);
  socket.write(
    "POST /verigate.v1.UserAPI/DeleteUser HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      "authorization: Bearer vg_login\r\ncontent-length: 1000\r\n\r\n{",
  );
  expect(await textUntilEnd(socket)).toMatch(/^HTTP\/1\.1 403 /);
});

test("a request that breaks the contract is told so, and an id that would break a header stays an id", async () => {
  const { upstream, call } = await scene();
  expect(await call("login", getUser, { ...userOfService, serviceId: "s1\r\nX-Evil: 1" })).toMatchObject({
    status: 400,
  });
  expect(await call("login", getUser, { ...userOfService, serviceId: "s1/../s2" })).toMatchObject(notAllowed);
  expect(await call("setup", getUser, { ...userOfService, serviceId: "s1/../s2" })).toMatchObject({ status: 200 });
  expect(upstream.requests.map(({ path }) => path)).toEqual([expect.stringContaining("s1%2F..%2Fs2")]);
});

test.for(["../../s2/users/u1", "..\\..\\s2\\users\\u1", "..%2F..%2Fs2%2Fusers%2Fu1", "a/b"])(
  "the user id %s is no way into a service that the policy does not allow, and an id where it allows all",
  async (userId) => {
    const { upstream, call } = await scene();
    const refused = await call("login", getUser, { ...userOfService, userId });
    expect(refused).toMatchObject(notAllowed);
    expect(refused.message).toContain("user_id");
    expect(upstream.arrivals).toBe(0);

    expect((await call("setup", getUser, { ...userOfService, userId })).status).toBe(200);
    expect(upstream.requests.map(({ path }) => path)).toEqual([
      `/v1/service/service/s1/users/${encodeURIComponent(userId)}`,
    ]);
  },
);

test("health is open to all, and reflection to whom the policy says", async () => {
  const { gateway, file } = await scene({ VERIGATE_REFLECTION: "true" });
  const status = async (path: string, caller?: string) => {
    const authorization = caller === undefined ? {} : { authorization: `Bearer vg_${caller}` };
    const answer = await http2Request(
      gateway.authority,
      { ":path": path, "content-type": "application/grpc", te: "trailers", ...authorization },
      Buffer.alloc(5),
    );
    return answer.headers["grpc-status"] ?? answer.trailers["grpc-status"];
  };
  const reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  expect(await status("/grpc.health.v1.Health/Check")).toBe("0");
  expect(await status("/grpc.health.v1.Health/Check", "nobody")).toBe("0");
  expect(await status(reflection, "login")).toBe("7");
  file.replace(`${policy}  - {name: login, methods: ["ServerReflection.*"]}\n`);
  await eventually(async () => ((await status(reflection, "login")) === "0" ? true : undefined));
});

test("a request_id of one caller means nothing to another", async () => {
  const { upstream, call } = await scene();
  const requestId = "6b5ad9d2-1b7e-4d3c-9f6a-0a4f2f3c1d5e";
  const ofLogin = { ...verifyPin, requestId };
  upstream.react({ status: 200, body: { verified: true, method: "sms" } });
  const first = await call("login", "AuthAPI/VerifyPin", ofLogin);
  const again = await call("login", "AuthAPI/VerifyPin", ofLogin);
  expect([first.body.replayed, again.body.replayed]).toEqual([false, true]);
  expect((await call("login", "AuthAPI/VerifyPin", { ...ofLogin, pin: "4321" })).reason).toBe("REQUEST_ID_REUSED");

  const gatewayOfTwo = await scene();
  gatewayOfTwo.file.replace(`${policy}  - {name: setup, methods: [AuthAPI.VerifyPin], services: [s1]}\n`);
  gatewayOfTwo.upstream.react({ status: 200, body: { verified: true, method: "sms" } });
  await eventually(async () =>
    (await gatewayOfTwo.call("setup", "AuthAPI/VerifyPin", verifyPin)).status === 200 ? true : undefined,
  );
  expect((await gatewayOfTwo.call("login", "AuthAPI/VerifyPin", ofLogin)).body.replayed).toBe(false);
  expect((await gatewayOfTwo.call("setup", "AuthAPI/VerifyPin", ofLogin)).body.replayed).toBe(false);
});

test("a policy that changes counts from then on, and one that is wrong changes nothing", async () => {
  const { gateway, file, call } = await scene();
  const mayCreateUser = async () => (await call("login", "UserAPI/CreateUser", createUser)).status !== 403;
  const mayDeleteUser = async () => (await call("login", "UserAPI/DeleteUser", userOfService)).status !== 403;
  expect(await mayCreateUser()).toBe(false);

  file.replace(policy.replace("UserAPI.GetUser]", "UserAPI.GetUser, UserAPI.CreateUser]"));
  await eventually(async () => ((await mayCreateUser()) ? true : undefined));
  for (const wrong of ["", "version: 1\ncallers: &x []\n", `${policy}#${"x".repeat(10 * 1024 * 1024)}`]) {
    const before = await failedReloads(gateway.adminUrl);
    file.replace(wrong);
    await eventually(async () => ((await failedReloads(gateway.adminUrl)) > before ? true : undefined));
    expect([await mayCreateUser(), await mayDeleteUser()]).toEqual([true, false]);
  }
  file.replace(policy);
  await eventually(async () => ((await mayCreateUser()) ? undefined : true));
});

async function failedReloads(adminUrl: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(/^verigate_policy_reload_failures_total (\d+)/m.exec(text)?.[1]);
}

test("every mistake in a policy and in a file of keys stops the start, each by its line", async () => {
  const wrongPolicy = fileOf(
    "version: 1\ncallers:\n  - name: login\n    methods: [AuthAPI.VerifyPn]\n    services: []\n",
  );
  const wrongKeys = fileOf("login vg_secret-0451\nlogin sha256:00\n");
  const { exitCode, stderr } = await verigate(["config"], {
    ...envForTest("http://127.0.0.1:9"),
    VERIGATE_POLICY_FILE: wrongPolicy.path,
    VERIGATE_KEYS_FILE: wrongKeys.path,
  });
  expect(exitCode).toBe(78);
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/VERIGATE_KEYS_FILE: .*:1: is not `name sha256:/),
    expect.stringMatching(/VERIGATE_KEYS_FILE: .*:2: is not `name sha256:/),
    expect.stringMatching(
      /VERIGATE_POLICY_FILE: .*:4: there is no method "AuthAPI.VerifyPn"; did you mean AuthAPI.VerifyPin/,
    ),
    expect.stringMatching(/VERIGATE_POLICY_FILE: .*:5: services must be a list/),
    "",
  ]);
  expect(stderr).not.toContain("secret-0451");
});

const questions: readonly { readonly args: readonly string[]; readonly exitCode: number; readonly answer: object }[] = [
  {
    args: ["--caller", "login", "--method", "AuthAPI.VerifyPin", "--service", "s1"],
    exitCode: 0,
    answer: { decision: "allowed", line: 3 },
  },
  {
    args: ["--caller", "login", "--method", "AuthAPI.VerifyPin", "--service", "s9"],
    exitCode: 1,
    answer: { decision: "denied", line: 3 },
  },
  {
    args: ["--caller", "login", "--method", "AuthAPI.VerifyPin", "--service", "s1", "--user", "../../s2/users/u1"],
    exitCode: 1,
    answer: { decision: "denied", line: 3, because: expect.stringContaining("no user ids with /") },
  },
  {
    args: ["--caller", "setup", "--method", "verigate.v1.ServiceAPI/CreateService"],
    exitCode: 0,
    answer: { decision: "allowed", line: 6 },
  },
  { args: ["--caller", "nobody", "--method", "AuthAPI.VerifyPin"], exitCode: 1, answer: { decision: "denied" } },
  { args: [], exitCode: 0, answer: { rules: 4 } },
];

test.each(questions)("verigate policy check $args exits with $exitCode", async ({ args, exitCode, answer }) => {
  const result = await verigate(["policy", "check", fileOf(policy).path, ...args], {});
  expect(result).toMatchObject({ exitCode, stderr: "" });
  expect(JSON.parse(result.stdout)).toMatchObject(answer);
});

const misuses = [
  { args: ["policy"], problem: "expected verigate policy check" },
  { args: ["policy", "check", "x", "--caller", "login"], problem: "--caller and --method" },
  {
    args: ["policy", "check", "x", "--caller", "a", "--method", "AuthAPI.VerifyPn"],
    problem: "did you mean AuthAPI.VerifyPin",
  },
  {
    args: ["policy", "check", "x", "--caller", "a", "--method", "ServiceAPI.CreateService", "--service", "s"],
    problem: "names no service",
  },
  {
    args: ["policy", "check", "x", "--caller", "a", "--method", "AuthAPI.VerifyPin", "--user", "u"],
    problem: "--user needs --service",
  },
  { args: ["key", "new"], problem: "expected verigate key new" },
  { args: ["key", "new", "two words"], problem: "visible ASCII" },
  { args: ["key", "new", "anonymous"], problem: "reserved" },
  { args: ["key", "new", "a", "--loud"], problem: "--loud" },
];

test.each(misuses)("verigate $args is a misuse that helps: $problem", async ({ args, problem }) => {
  expect(await verigate(args, {})).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining(problem) });
});

test("a policy that can't be read is a mistake", async () => {
  expect(await verigate(["policy", "check", "/no/such/file"], {})).toMatchObject({ exitCode: 78 });
});

test("verigate key new makes a key that lets its caller in", async () => {
  const { stdout, exitCode } = await verigate(["key", "new", "login"], {});
  expect(exitCode).toBe(0);
  const { key, line } = JSON.parse(stdout) as { key: string; line: string };
  const upstream = await startScriptedUpstream({ status: 404 });
  const { port } = await startGateway({ upstream, env: { VERIGATE_KEYS_FILE: fileOf(`${line}\n`).path } });
  const { status } = await jsonCall({ port, headers: { authorization: `Bearer ${key}` } });
  expect(status).toBe(404);
});
