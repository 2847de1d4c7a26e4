import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { Redis } from "ioredis";

/** For tests: a Redis server of their own. */
export interface RedisForTest {
  readonly url: URL;
  /** A connection beside the store's, for what a test does behind its back. */
  readonly admin: Redis;
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

const isInstalled = spawnSync("redis-server", ["--version"]).status === 0;

/** Whether tests that need a Redis server are to be skipped; they fail instead where VERIGATE_REQUIRE_REAL is set. */
export const skipsRedis = !isInstalled && process.env.VERIGATE_REQUIRE_REAL !== "1";

if (skipsRedis) {
  console.warn("SKIPPED: tests of the shared store, because there is no redis-server (apt-get install redis-server)");
}

/** Starts a server whose only trace is a temporary folder. The caller ends it by `kill`. */
export async function startRedisForTest(options: readonly string[] = [], givenPort?: number): Promise<RedisForTest> {
  if (!isInstalled) {
    throw new Error("there is no redis-server, and VERIGATE_REQUIRE_REAL asks for one");
  }
  const folder = mkdtempSync(join(tmpdir(), "vg-redis-"));
  const port = givenPort ?? (await freePort());
  const fixed = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const server = spawn("redis-server", [...fixed, ...options], { stdio: "ignore" });
  const ended = once(server, "close");
  await accepts(port);
  const admin = new Redis({ port, host: "127.0.0.1" });
  // It ends with the server, which a test may kill.
  admin.on("error", () => {});
  return {
    url: new URL(`redis://127.0.0.1:${port}`),
    admin,
    async kill() {
      admin.disconnect();
      server.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
    pause: () => server.kill("SIGSTOP"),
    resume: () => server.kill("SIGCONT"),
  };
}

/** A port that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function accepts(port: number): Promise<void> {
  for (;;) {
    const socket = createConnection(port, "127.0.0.1");
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) {
      return;
    }
    await setImmediate();
  }
}
