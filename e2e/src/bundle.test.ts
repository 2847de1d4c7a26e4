import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { startNode } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { envForTest } from "./gateway-under-test.ts";
import { jsonCall } from "./json-call.ts";
import { startOtlpReceiver, traceEnvOf } from "./otlp-receiver.ts";
import { inRepository } from "./repository.ts";
import { rpcClient } from "./rpc-client.ts";
import { runCommand } from "./run-command.ts";
import { aUser } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

/** Not where `pnpm build` puts it: others may be building, too. */
const bundle = mkdtempSync(join(tmpdir(), "vg-bundle-"));

beforeAll(async () => {
  const build = await runCommand(inRepository("apps/gateway/node_modules/.bin/rolldown"), ["-c", "-d", bundle], {
    cwd: inRepository("apps/gateway"),
  });
  expect(build).toMatchObject({ exitCode: 0 });
});
afterAll(() => rmSync(bundle, { recursive: true }));

/** What `pnpm gateway` runs. */
async function startBundle(upstreamUrl: string, env: Readonly<Record<string, string>> = {}) {
  const port = await freePort();
  const gateway = startNode([join(bundle, "main.js"), "serve"], {
    ...envForTest(upstreamUrl),
    VERIGATE_LISTEN: `127.0.0.1:${port}`,
    VERIGATE_LOG_LEVEL: "info",
    ...env,
  });
  await gateway.said(/listening/);
  return { ...gateway, port, authority: `127.0.0.1:${port}` };
}

test("the bundled gateway serves, and ends with 0 on SIGTERM", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startBundle(upstream.url);

  for (const protocol of ["grpc", "connect"] as const) {
    expect(await rpcClient(gateway, protocol).users.getUser({ serviceId: "s1", userId: "u1" })).toMatchObject({
      user: { idInService: "anna" },
    });
  }
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toBe(0);
});

test("the bundled gateway decodes a large list in its thread", async () => {
  const users = Array.from({ length: 2_000 }, (_, index) => ({
    ...aUser,
    id: `u${index}`,
    id_in_service: `name-${index}`,
  }));
  const upstream = await startScriptedUpstream({ status: 200, body: { users } });
  const gateway = await startBundle(upstream.url);

  const found = await eventually(() =>
    rpcClient(gateway).users.listUsers({ serviceId: "s1", idInService: "name-1999" }),
  );
  expect(found.users.map(({ id }) => id)).toEqual(["u1999"]);
});

test("the bundled gateway makes traces, and delivers them", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const receiver = await startOtlpReceiver();
  const gateway = await startBundle(upstream.url, traceEnvOf(receiver));
  await rpcClient(gateway).users.getUser({ serviceId: "s1", userId: "u1" });

  const call = await receiver.received(({ kind }) => kind === "SERVER");
  const attempt = await receiver.received(({ kind }) => kind === "CLIENT");
  expect(attempt.parentSpanId).toBe(call.spanId);
});

test("the bundled gateway reads a large policy in its thread", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const policyOf = (caller: string) =>
    `version: 1\ncallers:\n  - {name: ${caller}, methods: ["*"], services: ["*"]}\n${`  # ${"-".repeat(98)}\n`.repeat(500)}`;
  const policy = fileOf(policyOf("nobody"));
  const { port, said } = await startBundle(upstream.url, {
    VERIGATE_KEYS_FILE: fileOf(keysOf({ login: "vg_login" })).path,
    VERIGATE_POLICY_FILE: policy.path,
  });
  const call = () =>
    jsonCall({
      port,
      headers: { authorization: "Bearer vg_login" },
      method: "verigate.v1.UserAPI/GetUser",
      body: { serviceId: "s1", userId: "u1" },
    });
  expect((await call()).status).toBe(403);
  policy.replace(policyOf("login"));
  await said(/"reloaded"/);
  expect((await call()).status).toBe(200);
});

test("the bundled gateway does without the second HTTP client that is in Node", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const port = await freePort();
  const loaded = 'process.moduleLoadList.includes("NativeModule internal/deps/undici/undici")';
  const telling = fileOf(`process.on("exit", () => console.log("loaded: " + ${loaded}))`, "telling.cjs");
  const gateway = startNode(["--require", telling.path, join(bundle, "main.js"), "serve"], {
    ...envForTest(upstream.url),
    VERIGATE_LISTEN: `127.0.0.1:${port}`,
    VERIGATE_LOG_LEVEL: "info",
  });
  await gateway.said(/listening/);
  await rpcClient({ authority: `127.0.0.1:${port}` }).users.getUser({ serviceId: "s1", userId: "u1" });
  gateway.kill("SIGTERM");
  await gateway.said(/^loaded: false$/);
});
