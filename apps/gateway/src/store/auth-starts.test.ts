import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuthStarts } from "./auth-starts.ts";
import { createMemoryAuthStarts } from "./memory-auth-starts.ts";
import { type RedisForTest, skipsRedis, startRedisForTest } from "./redis-for-test.ts";
import { createRedisStore } from "./redis-store.ts";
import type { Store } from "./store.ts";

/** Starts, and a way to let at least so many milliseconds of their own time pass. */
interface Scene {
  readonly starts: AuthStarts;
  readonly pass: (ms: number) => Promise<void>;
}

function guarantees(scene: () => Scene): void {
  it("a start is taken once, and tells its age", async () => {
    const { starts, pass } = scene();
    const key = randomUUID();
    await starts.put(key, "a:1");
    await pass(20);

    const ageMs = await starts.take(key);
    expect(ageMs).toBeGreaterThanOrEqual(20);
    expect(ageMs).toBeLessThan(60_000);
    expect(await starts.take(key)).toBeUndefined();
  });

  it("a later start takes the place of an earlier one", async () => {
    const { starts } = scene();
    const key = randomUUID();
    await starts.put(key, "a:1");
    await starts.put(key, "b:1");

    expect(await starts.drop(key, "a:1")).toBe(false);
    expect(await starts.drop(key, "b:1")).toBe(true);
  });

  it("of those that drop the same start, one hears that it was there", async () => {
    const { starts } = scene();
    const key = randomUUID();
    await starts.put(key, "a:1");

    expect(await Promise.all([starts.drop(key, "a:1"), starts.drop(key, "a:1")])).toEqual([true, false]);
    expect(await starts.take(key)).toBeUndefined();
  });

  it("what was taken can't be dropped any more", async () => {
    const { starts } = scene();
    const key = randomUUID();
    await starts.put(key, "a:1");
    await starts.take(key);

    expect(await starts.drop(key, "a:1")).toBe(false);
  });

  it("a token that another one starts with is another token", async () => {
    const { starts } = scene();
    const key = randomUUID();
    await starts.put(key, "a:12");

    expect(await starts.drop(key, "a:1")).toBe(false);
    expect(await starts.drop(key, "a:12")).toBe(true);
  });
}

describe("starts in memory", () => {
  const clock = createTestClock();
  guarantees(() => ({ starts: createMemoryAuthStarts(clock), pass: async (ms) => clock.advance(ms) }));
});

describe.skipIf(skipsRedis)("starts in Redis", () => {
  let redis: RedisForTest;
  let store: Store;

  beforeAll(async () => {
    redis = await startRedisForTest();
    const observer = { storeCommand() {}, storeFlushed() {} };
    const logger = { log: () => {} };
    store = createRedisStore({ url: redis.url, waitReplicas: 0, clock: systemClock, logger, observer });
    while (!store.isReachable) {
      await setImmediate();
    }
  });
  afterAll(async () => {
    await store.close();
    await redis.kill();
  });

  guarantees(() => ({
    starts: store.authStarts,
    async pass(ms) {
      const startedAtMs = performance.now();
      while (performance.now() - startedAtMs < ms) {
        await setImmediate();
      }
    },
  }));

  it("are forgotten by themselves, later than they are dropped", async () => {
    const key = randomUUID();
    await store.authStarts.put(key, "a:1");
    const [name = ""] = await redis.admin.keys(`*${key}`);
    const leftMs = await redis.admin.pttl(name);

    expect(leftMs).toBeGreaterThan(10 * 60_000);
    expect(leftMs).toBeLessThanOrEqual(15 * 60_000);
  });
});
