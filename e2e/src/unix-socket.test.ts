import { spawnSync } from "node:child_process";
import { lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configFromEnv, startServer } from "@verigate/gateway";
import { expect, test } from "vitest";
import { envForTest, startGateway } from "./gateway-under-test.ts";
import { grpcJsClient } from "./grpc-js-client.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const upstream = { url: "http://127.0.0.1:9" };
const listenAt = (path: string) => ({ VERIGATE_LISTEN: `unix:${path}` });
const startAt = (path: string) => startGateway({ upstream, env: listenAt(path) });
const failAt = (path: string) =>
  startServer({ config: configFromEnv({ ...envForTest(upstream.url), ...listenAt(path) }) });
const isServing = (path: string) => grpcJsClient(`unix:${path}`, "grpc.health.v1.Health").unary("Check", {});

/** A socket file whose process is dead. */
function leaveStaleSocket(path: string): void {
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", script]);
}

test("a Unix socket is for its owner and group alone", async () => {
  const path = join(temporaryFolder(), "gateway.sock");
  await startAt(path);
  expect((lstatSync(path).mode & 0o777).toString(8)).toBe("660");
});

test("a socket that a dead process left is replaced", async () => {
  const path = join(temporaryFolder(), "gateway.sock");
  leaveStaleSocket(path);
  expect(lstatSync(path).isSocket()).toBe(true);
  await startAt(path);
  expect(await isServing(path)).toEqual({ status: "SERVING" });
});

test("a socket at which somebody listens is an error that names it, and goes on being theirs", async () => {
  const path = join(temporaryFolder(), "gateway.sock");
  await startAt(path);
  await expect(failAt(path)).rejects.toThrow(path);
  expect(await isServing(path)).toEqual({ status: "SERVING" });
});

test("a file that is no socket is an error that names it, and stays as it is", async () => {
  const path = join(temporaryFolder(), "notes.txt");
  writeFileSync(path, "precious");
  await expect(failAt(path)).rejects.toThrow(path);
  expect(readFileSync(path, "utf8")).toBe("precious");
});

test("a folder that is not there is an error that names it", async () => {
  const path = join(temporaryFolder(), "missing", "gateway.sock");
  await expect(failAt(path)).rejects.toThrow(path);
});

test("the socket goes with the gateway", async () => {
  const path = join(temporaryFolder(), "gateway.sock");
  const { server } = await startAt(path);
  await server.stop();
  expect(lstatSync(path, { throwIfNoEntry: false })).toBe(undefined);
});

test("the admin listener can be a Unix socket, and verigate's other listener TCP", async () => {
  const path = join(temporaryFolder(), "admin.sock");
  const { server } = await startGateway({ upstream, env: { VERIGATE_ADMIN_LISTEN: `unix:${path}` } });
  expect(server.adminAddress).toEqual({ kind: "unix", path });
  expect((lstatSync(path).mode & 0o777).toString(8)).toBe("660");
});

test("when one of two addresses can't be had, neither is kept", async () => {
  const folder = temporaryFolder();
  const first = join(folder, "first.sock");
  writeFileSync(join(folder, "second.sock"), "");
  const env = { ...envForTest(upstream.url), VERIGATE_LISTEN: `unix:${first},unix:${join(folder, "second.sock")}` };
  await expect(startServer({ config: configFromEnv(env) })).rejects.toThrow("second.sock");
  expect(lstatSync(first, { throwIfNoEntry: false })).toBe(undefined);
});
