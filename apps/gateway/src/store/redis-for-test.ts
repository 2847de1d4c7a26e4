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
  // Else a primary lets its first replica wait for others that might come, for 5 s.
  fixed.push("--repl-diskless-sync-delay", "0");
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

/** Starts a server that has, and gets, all that `primary` has. The caller ends it by `kill`. */
export async function startReplicaForTest(primary: RedisForTest): Promise<RedisForTest> {
  const replica = await startRedisForTest(["--replicaof", `127.0.0.1 ${primary.url.port}`]);
  const online = new RegExp(`port=${replica.url.port},state=online,offset=(\\d+)[^]*^master_repl_offset:(\\d+)`, "m");
  // It may be online a second before it is sent what is written: it is there when it acknowledges what came after.
  for (let onlineSince = Number.POSITIVE_INFINITY, acknowledged = 0; acknowledged <= onlineSince; ) {
    await primary.admin.publish("verigate-test", "something to acknowledge");
    await primary.admin.wait(1, 10);
    const [, offset, written] = online.exec(await primary.admin.info("replication"))?.map(Number) ?? [];
    acknowledged = offset ?? 0;
    onlineSince = Math.min(onlineSince, written ?? Number.POSITIVE_INFINITY);
  }
  return replica;
}

/** Waits until the server's own clock has moved on by `ms`, and a whole millisecond more. */
export async function serverTimePasses({ admin }: RedisForTest, ms: number): Promise<void> {
  const nowMs = async () => {
    const [seconds, micros] = (await admin.time()) as unknown as [string, string];
    return Number(seconds) * 1_000 + Number(micros) / 1_000;
  };
  for (const untilMs = (await nowMs()) + ms + 1; (await nowMs()) < untilMs; ) {}
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
