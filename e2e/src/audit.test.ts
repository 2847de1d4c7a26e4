import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { type Certificate, makeCertificates } from "./certificates.ts";
import { startVerigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { envForTest, startGateway } from "./gateway-under-test.ts";
import { jsonCall } from "./json-call.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { aService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const testWithCertificates = testWith(openssl);
const key = "vg_a-key-of-the-login-service";
const method = "verigate.v1.AuthAPI/VerifyPin";
const guess = { serviceId: "svc", userId: "usr", pin: "4711" };

async function scene() {
  const path = join(temporaryFolder(), "audit.log");
  const upstream = await startScriptedUpstream({
    status: 200,
    body: { verified: false, status: { result: "INVALID" } },
  });
  const { port } = await startGateway({
    upstream,
    env: {
      VERIGATE_AUDIT_LOG: path,
      VERIGATE_KEYS_FILE: fileOf(keysOf({ login: key }), "keys").path,
      VERIGATE_LIMIT_GUESSES: "1/10m,20/24h",
    },
  });
  const verify = (authorization?: string) =>
    jsonCall({
      port,
      method,
      body: guess,
      headers: authorization === undefined ? {} : { authorization },
    });
  return { path, verify };
}

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

test("who was let in, who was refused, and what a limit denied is in the audit log, without a PIN or a key", async () => {
  const { path, verify } = await scene();

  await verify(`Bearer ${key}`);
  await verify(`Bearer ${key}`);
  await verify("Bearer vg_wrong");
  await eventually(async () => (await linesOf(path)).at(-1)?.caller === "unknown" || undefined);
  const lines = await linesOf(path);

  expect(lines.at(0)).toMatchObject({
    type: "audit",
    caller: "login",
    method,
    decision: "allowed",
    rule: "credentials",
  });
  expect(lines).toContainEqual(
    expect.objectContaining({
      caller: "login",
      method,
      decision: "denied",
      rule: "guesses",
      subject: expect.any(String),
    }),
  );
  expect(lines.at(-1)).toMatchObject({ caller: "unknown", method, reason: "not_valid" });
  expect(await readFile(path, "utf8")).not.toMatch(/4711|vg_|"usr"/);
});

test("a flood of refusals is some lines in the log and in the audit log, which say how many they were", async () => {
  const path = join(temporaryFolder(), "audit.log");
  const upstream = await startScriptedUpstream({ status: 404 });
  const command = startVerigate({
    ...envForTest(upstream.url),
    VERIGATE_LOG_LEVEL: "info",
    VERIGATE_AUDIT_LOG: path,
    VERIGATE_KEYS_FILE: fileOf(keysOf({ login: key }), "keys").path,
  });
  const [, port] = await command.said(/"address":"127\.0\.0\.1:(\d+)"/);
  const call = (headers = {}) => jsonCall({ port: Number(port), method, body: guess, headers });
  for (let each = 0; each < 200; each += 1) {
    expect((await call()).status).toBe(401);
  }
  expect((await call({ authorization: `Bearer ${key}` })).status).toBe(404);
  command.kill("SIGTERM");
  await command.ended;

  const refused = (lines: readonly Record<string, unknown>[]) =>
    lines.filter(({ caller }) => caller === "unknown").map(({ times = 1 }) => times);
  const logged = command.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const inAudit = await linesOf(path);
  for (const lines of [logged.filter(({ msg }) => msg === "rpc"), inAudit]) {
    expect(refused(lines)).toEqual([...new Array(30).fill(1), 170]);
    expect(lines.filter(({ caller }) => caller === "login")).not.toEqual([]);
  }
});

test("after a rotation, decisions go to the new file", async () => {
  const { path, verify } = await scene();

  await verify();
  await eventually(async () => (await linesOf(path)).length === 1 || undefined);
  await rename(path, `${path}.1`);
  await verify();

  await eventually(async () => (await linesOf(path)).length === 1 || undefined);
  expect(await linesOf(`${path}.1`)).toHaveLength(1);
});

testWithCertificates(
  "a certificate is named in the audit log, also where a key names the caller, or nothing does",
  async () => {
    const path = join(temporaryFolder(), "audit.log");
    const { authority, server, client, sign } = await makeCertificates();
    const nameless = await sign("nameless", "extendedKeyUsage=clientAuth");
    const { port } = await startGateway({
      upstream: await startScriptedUpstream({ status: 200, body: aService }),
      env: {
        VERIGATE_AUDIT_LOG: path,
        VERIGATE_TLS_CERT_FILE: server.certFile,
        VERIGATE_TLS_KEY_FILE: server.keyFile,
        VERIGATE_TLS_CLIENT_CA_FILE: authority.certFile,
        VERIGATE_KEYS_FILE: fileOf(keysOf({ login: key }), "keys").path,
      },
    });
    const call = ({ cert, key: ownKey }: Certificate, headers = {}) =>
      jsonCall({ port, tls: { ca: authority.cert, cert, key: ownKey }, headers });

    await call(client);
    await call(client, { authorization: `Bearer ${key}` });
    await call(client, { authorization: "Bearer vg_wrong" });
    await call(nameless);
    const lines = await eventually(async () => {
      const all = await linesOf(path);
      return all.length === 4 ? all : undefined;
    });

    const certificate = "login.internal";
    expect(lines).toMatchObject([
      { caller: certificate, certificate, decision: "allowed", rule: "credentials" },
      { caller: "login", certificate, decision: "allowed", rule: "credentials" },
      { caller: "unknown", certificate, decision: "denied", rule: "credentials", reason: "not_valid" },
      { caller: "unknown", decision: "denied", rule: "credentials", reason: "not_valid" },
    ]);
    expect(lines.at(-1)).not.toHaveProperty("certificate");
  },
);
