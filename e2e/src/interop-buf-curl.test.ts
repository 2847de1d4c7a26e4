import { describe, expect, test } from "vitest";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { inRepository } from "./repository.ts";
import { runCommand } from "./run-command.ts";
import { startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const phoneNumber = "+37255555555";
const transports = [
  { name: "connect over HTTP/2", flags: ["--protocol=connect", "--http2-prior-knowledge"], hasReflection: true },
  { name: "grpc over HTTP/2", flags: ["--protocol=grpc", "--http2-prior-knowledge"], hasReflection: true },
  { name: "grpcweb over HTTP/2", flags: ["--protocol=grpcweb", "--http2-prior-knowledge"], hasReflection: true },
  // A bidirectional stream needs HTTP/2, and so does reflection.
  { name: "connect over HTTP/1.1", flags: ["--protocol=connect"], hasReflection: false },
  { name: "grpcweb over HTTP/1.1", flags: ["--protocol=grpcweb"], hasReflection: false },
];

/** A call by buf curl: the answer, or the error. */
function caller({ authority }: GatewayUnderTest, flags: readonly string[]) {
  return async (method: string, request: unknown, more: readonly string[] = []) => {
    const { exitCode, stdout, stderr } = await runCommand(
      inRepository("node_modules/.bin/buf"),
      ["curl", ...flags, ...more, "--data", JSON.stringify(request), `http://${authority}/${method}`],
      { cwd: inRepository(""), env: { HOME: temporaryFolder() } },
    );
    return { exitCode, stderr, answer: stdout === "" ? undefined : JSON.parse(stdout) };
  };
}

describe.each(transports)("buf curl with $name", ({ flags, hasReflection }) => {
  test("logs a user in", async () => {
    const sandbox = await startSandbox();
    const gateway = await startGateway({ upstream: sandbox, env: { VERIGATE_REFLECTION: "true" } });
    const call = caller(gateway, hasReflection ? flags : [...flags, "--schema=."]);

    const service = await call("verigate.v1.ServiceAPI/CreateService", { fqdn: "shop.example", name: "Shop" });
    expect(service).toMatchObject({ exitCode: 0, answer: { service: { name: "Shop" } } });
    const serviceId = service.answer.service.id;
    const user = await call("verigate.v1.UserAPI/CreateUser", { serviceId, phoneNumber, idInService: "anna" });
    expect(user).toMatchObject({ exitCode: 0, answer: { user: { idInService: "anna" } } });
    const target = { serviceId, userId: user.answer.user.id };
    const initiated = await call("verigate.v1.AuthAPI/InitiateAuth", { ...target, method: "AUTH_METHOD_SMS" });
    expect(initiated).toMatchObject({ exitCode: 0, answer: { method: "AUTH_METHOD_SMS" } });
    const pin = await sandbox.pinOf(phoneNumber);

    const wrong = await call("verigate.v1.AuthAPI/VerifyPin", { ...target, pin: wrongPin(pin) }, ["--emit-defaults"]);
    expect(wrong).toMatchObject({ exitCode: 0, answer: { verified: false, failure: "VERIFY_FAILURE_INVALID" } });
    const right = await call("verigate.v1.AuthAPI/VerifyPin", { ...target, pin });
    expect(right).toMatchObject({ exitCode: 0, answer: { verified: true, method: "AUTH_METHOD_SMS" } });

    const missing = await call("verigate.v1.UserAPI/GetUser", { serviceId, userId: "nobody" });
    expect(missing.exitCode).not.toBe(0);
    expect(JSON.parse(missing.stderr)).toMatchObject({
      code: "not_found",
      details: [{ type: "google.rpc.ErrorInfo" }, { type: "google.rpc.ResourceInfo" }],
    });
  });

  test("asks for health", async () => {
    const sandbox = await startSandbox();
    const gateway = await startGateway({ upstream: sandbox, env: { VERIGATE_REFLECTION: "true" } });
    const call = caller(gateway, hasReflection ? flags : [...flags, "--schema=."]);
    const check = await call("grpc.health.v1.Health/Check", { service: "verigate.v1.AuthAPI" });
    expect(check).toMatchObject({ exitCode: 0, answer: { status: "SERVING" } });
    const list = await call("grpc.health.v1.Health/List", {});
    expect(Object.keys(list.answer.statuses).sort()).toEqual([
      "",
      "verigate.v1.AuthAPI",
      "verigate.v1.ServiceAPI",
      "verigate.v1.UserAPI",
    ]);
    const unknown = await call("grpc.health.v1.Health/Check", { service: "no.such.Service" });
    expect(unknown.stderr).toContain("not_found");
  });
});

test("buf curl lists services and methods by reflection", async () => {
  const gateway = await startGateway({
    upstream: { url: "http://127.0.0.1:9" },
    env: { VERIGATE_REFLECTION: "true" },
  });
  const list = async (flag: string) => {
    const { stdout } = await runCommand(
      inRepository("node_modules/.bin/buf"),
      ["curl", "--protocol=grpc", "--http2-prior-knowledge", flag, `http://${gateway.authority}`],
      { env: { HOME: temporaryFolder() } },
    );
    return stdout.trim().split("\n");
  };
  expect(await list("--list-services")).toEqual([
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "verigate.v1.AuthAPI",
    "verigate.v1.ServiceAPI",
    "verigate.v1.UserAPI",
  ]);
  expect(await list("--list-methods")).toContain("verigate.v1.AuthAPI/VerifyPin");
});

test("reflection is off by default", async () => {
  const gateway = await startGateway({ upstream: { url: "http://127.0.0.1:9" } });
  const { exitCode, stderr } = await runCommand(
    inRepository("node_modules/.bin/buf"),
    ["curl", "--protocol=grpc", "--http2-prior-knowledge", "--list-services", `http://${gateway.authority}`],
    { env: { HOME: temporaryFolder() } },
  );
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("unimplemented");
});
