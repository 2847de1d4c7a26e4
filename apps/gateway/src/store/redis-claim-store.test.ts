import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { describeError, type LogFields } from "@verigate/telemetry";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Claim, ClaimStore } from "./claim-store.ts";
import { createRedisClaimStore } from "./redis-claim-store.ts";
import { type RedisForTest, skipsRedis, startRedisForTest } from "./redis-for-test.ts";

const leaseMs = 60_000;

function newClaim(): Claim {
  return { names: [{ name: randomUUID(), payload: "p" }], owner: randomUUID(), keptMs: 60_000 };
}

async function redisFor(options: readonly string[] = [], port?: number): Promise<RedisForTest> {
  const redis = await startRedisForTest(options, port);
  onTestFinished(() => redis.kill());
  return redis;
}

interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** A store that ends with the test, and what it logs. */
function storeAt(url: URL): { store: ClaimStore; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const store = createRedisClaimStore({
    url,
    logger: { log: (level, message, fields) => lines.push({ level, message, ...fields }) },
  });
  onTestFinished(() => store.close());
  return { store, lines };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await setImmediate();
  }
}

async function causeOf(ending: Promise<unknown>): Promise<string | undefined> {
  return ending.then(() => "it succeeded", describeError);
}

describe.skipIf(skipsRedis)("a shared store", () => {
  it("fails at once where there is no server, and works when there is one", async () => {
    const redis = await redisFor();
    await redis.kill();
    const { store } = storeAt(redis.url);
    await until(() => !store.isReachable);

    expect(await causeOf(store.claim(newClaim(), leaseMs))).toContain("RedisFailure NOT_CONNECTED");
    await redisFor([], Number(redis.url.port));
    await until(() => store.isReachable);
    expect(await store.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
  });

  it("gives up a command after its time-out, and never sends it again", async () => {
    const redis = await redisFor();
    const { store } = storeAt(redis.url);
    await until(() => store.isReachable);
    await store.claim(newClaim(), leaseMs);
    const before = await scriptRuns(redis);
    redis.pause();
    onTestFinished(() => redis.resume());

    expect(await causeOf(store.claim(newClaim(), leaseMs))).toBe("RedisFailure TIMED_OUT");
    await until(() => !store.isReachable);
    redis.resume();
    await until(() => store.isReachable);
    expect(await store.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
    // The one before the pause may have been read after it, and this one: a third would be a repeat.
    expect((await scriptRuns(redis)) - before).toBeLessThanOrEqual(2);
  });

  it("says that it was flushed, once, and goes on", async () => {
    const redis = await redisFor();
    const { store, lines } = storeAt(redis.url);
    await until(() => store.isReachable);
    await store.claim(newClaim(), leaseMs);
    await store.claim(newClaim(), leaseMs);
    expect(lines).toEqual([]);
    await redis.admin.flushall();
    await store.claim(newClaim(), leaseMs);
    await store.claim(newClaim(), leaseMs);

    expect(lines).toEqual([{ level: "error", message: expect.stringContaining("was flushed or replaced") }]);
  });

  it("also those who come after the first one hear of a flush", async () => {
    const redis = await redisFor();
    const [first, second] = [storeAt(redis.url), storeAt(redis.url)];
    await until(() => first.store.isReachable && second.store.isReachable);
    for (const flush of [false, true]) {
      await (flush ? redis.admin.flushall() : undefined);
      await first.store.claim(newClaim(), leaseMs);
      await second.store.claim(newClaim(), leaseMs);
    }

    expect([first.lines.length, second.lines.length]).toEqual([1, 1]);
  });

  it.each([
    ["allkeys-lru", 1],
    ["noeviction", 0],
  ])("warns of the eviction policy %s: %i times", async (policy, warnings) => {
    const redis = await redisFor(["--maxmemory-policy", policy]);
    const { store, lines } = storeAt(redis.url);
    await until(() => store.isReachable);
    // Commands are answered in order: the question about the policy went first.
    await store.claim(newClaim(), leaseMs);

    expect(lines.filter(({ message }) => message.includes("noeviction"))).toHaveLength(warnings);
  });

  it("refuses new names where the server has no memory left", async () => {
    const redis = await redisFor();
    const { store } = storeAt(redis.url);
    await until(() => store.isReachable);
    const claim = newClaim();
    await store.claim(claim, leaseMs);
    await redis.admin.config("SET", "maxmemory", "1");

    expect(await store.claim(newClaim(), leaseMs)).toEqual({ kind: "full" });
    expect(await store.claim({ ...claim, owner: "another" }, leaseMs)).toEqual({ kind: "running" });
  });

  it("signs in with the URL's password, and never shows it where that is wrong", async () => {
    const redis = await redisFor(["--requirepass", "p@ss word/0451"]);
    const [right, wrong] = [new URL(redis.url), new URL(redis.url)];
    right.password = encodeURIComponent("p@ss word/0451");
    wrong.password = "wrong-0451";
    const signedIn = storeAt(right);
    const refused = storeAt(wrong);
    await until(() => signedIn.store.isReachable);

    expect(await signedIn.store.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
    await expect
      .poll(() => causeOf(refused.store.claim(newClaim(), leaseMs)))
      .toBe("RedisFailure NOT_CONNECTED < RedisFailure WRONGPASS");
    expect(JSON.stringify(refused.lines)).not.toContain("0451");
  });
});

/** How often a script was run. */
async function scriptRuns({ admin }: RedisForTest): Promise<number> {
  const info = await admin.info("commandstats");
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(info)?.[1] ?? 0);
}
