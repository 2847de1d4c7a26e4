import { systemClock } from "@verigate/call";
import { attemptOf, createTestClock } from "@verigate/call/testing";
import { createTurns, rateLimit, type TurnRate, type Turns } from "@verigate/resilience";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectRedis, createScript } from "./redis-commands.ts";
import { type RedisForTest, skipsRedis } from "./redis-for-test.ts";
import { redisFor, storeAt, until } from "./redis-store-for-test.ts";
import { turnScript } from "./turn-script.ts";

const turnsKey = "verigate:1:turns";
/** A rate at which no test lives to see a turn fall due. */
const slow: TurnRate = { spacingMs: 1_000_000, burstMs: 100, waitMsMax: 1_000_000_000 };

/** The turns of two processes with one server. */
async function scene(rate: TurnRate) {
  const redis = await redisFor();
  const [one, other] = [storeAt(redis.url), storeAt(redis.url)];
  await until(() => one.store.isReachable && other.store.isReachable);
  return { redis, one, turns: [one.store.createTurns(rate), other.store.createTurns(rate)] as const };
}

async function dueAtMs({ admin }: RedisForTest): Promise<number> {
  return Number(await admin.get(turnsKey));
}

async function serverNowMs({ admin }: RedisForTest): Promise<number> {
  const [seconds, micros] = (await admin.time()) as unknown as [string, string];
  return Number(seconds) * 1_000 + Number(micros) / 1_000;
}

function takeMany(turns: Turns, count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => turns.take()));
}

describe.skipIf(skipsRedis)("turns that are shared by Redis", () => {
  it("are handed out as one process would hand them out to itself", async () => {
    const redis = await redisFor();
    const connection = connectRedis({ url: redis.url });
    onTestFinished(() => connection.close());
    await until(() => connection.isReachable);
    const rate = { spacingMs: 8, burstMs: 100, waitMsMax: 120 };
    const run = { script: createScript(turnScript), keys: [turnsKey], args: [40, 8, 100, 120] };
    const micros = (await connection.run(run)) as number[];

    // As one clock that stands still sees it.
    const expected = await takeMany(createTurns(createTestClock(), rate), 40);
    expect(micros).toEqual(expected.map((ms) => ms * 1_000));
  });

  it("are each given once, however many processes ask at the same time", async () => {
    const { redis, turns } = await scene(slow);
    await turns[0].take();
    const first = await dueAtMs(redis);
    const waits = (await Promise.all(turns.flatMap((each) => [takeMany(each, 20), takeMany(each, 20)]))).flat();

    expect(await dueAtMs(redis)).toBeCloseTo(first + 80 * slow.spacingMs, 0);
    // Each is told the time from its own moment: within a spacing, no two are the same.
    expect(new Set(waits.map((ms) => Math.round(ms / slow.spacingMs))).size).toBe(80);
  });

  it("keep two gateways that are asked for all they can within one rate, by the server's clock", async () => {
    const rates = { perSecond: 100, burst: 11 };
    const { redis, one } = await scene(slow);
    const another = storeAt(redis.url);
    await until(() => another.store.isReachable);
    let sent = 0;
    const exchanges = [one.store, another.store].map(({ createTurns }) =>
      rateLimit({ clock: systemClock, perSecond: rates.perSecond, waitMsMax: 500, createTurns })(async () => {
        sent += 1;
        return { status: 200, headers: {}, body: Buffer.alloc(0), answeredAtMs: 0 };
      }),
    );
    const attempt = attemptOf();
    const startedAtMs = await serverNowMs(redis);
    await Promise.all(
      exchanges.flatMap((exchange) => Array.from({ length: 60 }, () => exchange(attempt).catch(() => undefined))),
    );
    const tookMs = (await serverNowMs(redis)) - startedAtMs;

    // Each alone would have sent as much.
    expect(sent).toBeLessThanOrEqual(rates.burst + (tookMs / 1_000) * rates.perSecond);
    expect(sent).toBeGreaterThan(50);
  });

  it("that would be too late are not taken", async () => {
    const { redis, turns } = await scene({ ...slow, waitMsMax: slow.spacingMs });
    await takeMany(turns[0], 2);
    const due = await dueAtMs(redis);
    const [wait = 0] = await takeMany(turns[1], 3);

    expect(wait).toBeGreaterThan(slow.spacingMs);
    expect(await dueAtMs(redis)).toBe(due);
  });

  it("are not held back by a clock that was set back, or another server's", async () => {
    const { redis, turns } = await scene({ spacingMs: 10, burstMs: 100, waitMsMax: 1_000 });
    await redis.admin.set(turnsKey, String((await serverNowMs(redis)) + 3_600_000));

    expect(await turns[0].take()).toBe(0);
  });

  it("leave nothing behind that lasts", async () => {
    const { redis, turns } = await scene({ spacingMs: 10, burstMs: 100, waitMsMax: 1_000 });
    await takeMany(turns[0], 20);
    const ttlMs = await redis.admin.pttl(turnsKey);

    expect(ttlMs).toBeGreaterThan(0);
    expect(ttlMs).toBeLessThanOrEqual(21 * 10 + 100);
  });

  it.each(["pause", "kill"] as const)(
    "become each process's own at once after the server's %s, and shared again when it is back",
    async (trouble) => {
      const { redis, one, turns } = await scene(slow);
      await takeMany(turns[0], 5);
      await redis[trouble]();
      // Nothing of what others took counts any more: the burst is this process's alone.
      expect(await turns[0].take()).toBeCloseTo(-slow.burstMs);
      await until(() => !one.store.isReachable);
      expect(await turns[0].take()).toBeCloseTo(slow.spacingMs - slow.burstMs, -5);
      const failed = one.heard.filter((each) => each === "take failed").length;
      await takeMany(turns[0], 100);
      expect(one.heard.filter((each) => each === "take failed").length - failed).toBeLessThanOrEqual(1);

      redis.resume();
      await (trouble === "kill" ? redisFor([], Number(redis.url.port)) : undefined);
      const takes = () => one.heard.filter((each) => each === "take").length;
      const before = takes();
      while (takes() === before) {
        await turns[0].take();
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  );

  it("cost no more commands than round trips, however many are taken", async () => {
    const { one, turns } = await scene(slow);
    await takeMany(turns[0], 500);

    expect(one.heard).toEqual(["take", "take"]);
  });
});
