import { join } from "node:path";
import { textFromListenAddress } from "@verigate/gateway";
import { expect } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { pythonGrpc, testWith } from "./real-or-skip.ts";
import { inRepository } from "./repository.ts";
import { runCommand } from "./run-command.ts";
import { startSandbox } from "./sandbox-under-test.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const testWithPython = testWith(pythonGrpc);

/** What buf makes of our .proto files, and of health and reflection. */
async function descriptorSet(): Promise<string> {
  const file = join(temporaryFolder(), "descriptors.binpb");
  const { exitCode, stderr } = await runCommand(
    inRepository("node_modules/.bin/buf"),
    ["build", "--as-file-descriptor-set", "-o", file],
    { cwd: inRepository(""), env: { HOME: temporaryFolder() } },
  );
  if (exitCode !== 0) {
    throw new Error(`no descriptors: ${stderr}`);
  }
  return file;
}

const expected = {
  method: "AUTH_METHOD_SMS",
  wrong: [false, "VERIFY_FAILURE_INVALID"],
  right: [true, "VERIFY_FAILURE_UNSPECIFIED"],
  missing: { code: "NOT_FOUND", has_reason: true },
  check: "SERVING",
  watch: "SERVING",
  list: ["", "verigate.v1.AuthAPI", "verigate.v1.ServiceAPI", "verigate.v1.UserAPI"],
  reflection: [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "verigate.v1.AuthAPI",
    "verigate.v1.ServiceAPI",
    "verigate.v1.UserAPI",
  ],
};

const listeners = [
  { name: "TCP", listen: () => "127.0.0.1:0" },
  { name: "a Unix socket", listen: () => `unix:${join(temporaryFolder(), "gateway.sock")}` },
];

testWithPython.each(listeners)(
  "python's grpcio logs a user in over $name, and asks health and reflection",
  async ({ listen }) => {
    const sandbox = await startSandbox();
    const env = { VERIGATE_REFLECTION: "true", VERIGATE_LISTEN: listen() };
    const { server } = await startGateway({ upstream: sandbox, env });
    const [target = ""] = server.addresses.map(textFromListenAddress);
    const script = inRepository("e2e/python/login.py");
    const result = await runCommand("/usr/bin/python3", [script, await descriptorSet(), target, sandbox.url]);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(result.stdout)).toEqual(expected);
  },
);
