import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { eventually } from "./eventually.ts";
import { startGateway } from "./gateway-under-test.ts";
import { jsonCall } from "./json-call.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

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

test("after a rotation, decisions go to the new file", async () => {
  const { path, verify } = await scene();

  await verify();
  await eventually(async () => (await linesOf(path)).length === 1 || undefined);
  await rename(path, `${path}.1`);
  await verify();

  await eventually(async () => (await linesOf(path)).length === 1 || undefined);
  expect(await linesOf(`${path}.1`)).toHaveLength(1);
});
