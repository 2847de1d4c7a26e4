import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createTestClock } from "@verigate/call/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demand, type LimitStore, rememberedMs, type Settlement, type Tally } from "./limit-store.ts";
import { logAt, reservationOf, summaryOf, windowOf } from "./limit-store-for-test.ts";
import { createMemoryLimitStore } from "./memory-limit-store.ts";
import { type RedisForTest, serverTimePasses, skipsRedis, startRedisForTest } from "./redis-for-test.ts";
import { causeOf, newClaim, quietStoreAt, storeAt, twinOf, until } from "./redis-store-for-test.ts";
import type { Store } from "./store.ts";

const longMs = 60_000;
/** Longer than a machine stands still. */
const shortMs = 250;
const keep: Settlement = { how: "keep", tallies: [] };
const giveBack: Settlement = { how: "give-back", tallies: [] };
const clear: Settlement = { how: "clear", tallies: [] };

/** A store, and a way to let a few milliseconds of its own time pass. */
interface Scene {
  readonly store: LimitStore;
  readonly pass: (ms: number) => Promise<void>;
}

function guarantees(scene: () => Scene): void {
  /** Reserves as often as `times`, and keeps what is granted. */
  async function reserveAndKeep(times: number, demands: Parameters<typeof reservationOf>[0]): Promise<unknown[]> {
    const { store } = scene();
    const summaries: unknown[] = [];
    for (let time = 0; time < times; time += 1) {
      const reservation = reservationOf(demands);
      summaries.push(summaryOf(await store.reserve(reservation)));
      await store.settle(reservation.owner, keep);
    }
    return summaries;
  }

  it("of twenty at once, as many are granted as a window holds", async () => {
    const { store } = scene();
    const demand = logAt(randomUUID(), windowOf(5, longMs));
    const results = await Promise.all(Array.from({ length: 20 }, () => store.reserve(reservationOf([demand]))));

    expect(results.filter(({ kind }) => kind === "granted")).toHaveLength(5);
    expect(results.filter(({ kind }) => kind === "denied")).toHaveLength(15);
  });

  it("each tells how many were left before it, and a denial how long to wait", async () => {
    const { store } = scene();
    const demand = logAt(randomUUID(), windowOf(2, longMs));
    expect(await reserveAndKeep(2, [demand])).toEqual([
      ["granted", 2],
      ["granted", 1],
    ]);
    const denied = await store.reserve(reservationOf([demand]));

    expect(summaryOf(denied)).toEqual(["denied", 0]);
    expect(waitOf(denied)).toBeGreaterThan(longMs - 5_000);
    expect(waitOf(denied)).toBeLessThanOrEqual(longMs);
  });

  it("what fills a window tells how long the next one has to wait, and what does not, that it has not", async () => {
    const { store } = scene();
    const demand = logAt(randomUUID(), windowOf(2, longMs), windowOf(9, longMs));
    const single = logAt(randomUUID(), windowOf(1, longMs));
    const nextOf = async (demands: Parameters<typeof reservationOf>[0]) => {
      const result = await store.reserve(reservationOf(demands));
      return result.kind === "full" ? [] : result.states.flat().map(({ nextMs }) => Math.ceil(nextMs / longMs));
    };

    expect(await nextOf([demand])).toEqual([0, 0]);
    expect(await nextOf([demand])).toEqual([1, 0]);
    expect(await nextOf([single])).toEqual([1]);
    expect(await nextOf([countAt(randomUUID(), 1)])).toEqual([2]);
  });

  it("where one of several is full nothing is counted, in whichever order they come", async () => {
    const [free, full] = [logAt(randomUUID(), windowOf(1, longMs)), logAt(randomUUID(), windowOf(1, longMs))];
    await reserveAndKeep(1, [full]);

    expect(await reserveAndKeep(1, [free, full])).toEqual([["denied", 1, 0]]);
    expect(await reserveAndKeep(1, [full, free])).toEqual([["denied", 0, 1]]);
    expect(await reserveAndKeep(1, [free])).toEqual([["granted", 1]]);
  });

  it("the first of two windows of one subject to be full denies", async () => {
    const { pass } = scene();
    const demand = logAt(randomUUID(), windowOf(1, shortMs), windowOf(2, longMs));
    expect(await reserveAndKeep(2, [demand])).toEqual([
      ["granted", 1, 2],
      ["denied", 0, 1],
    ]);
    await pass(shortMs);
    expect(await reserveAndKeep(1, [demand])).toEqual([["granted", 1, 1]]);
    await pass(shortMs);
    expect(await reserveAndKeep(1, [demand])).toEqual([["denied", 1, 0]]);
  });

  it("a window has room again when it has passed, and not before what it holds has", async () => {
    const { pass } = scene();
    const demand = logAt(randomUUID(), windowOf(2, 2 * shortMs));
    await reserveAndKeep(1, [demand]);
    await pass(shortMs);
    await reserveAndKeep(1, [demand]);
    await pass(shortMs);

    expect(await reserveAndKeep(2, [demand])).toEqual([
      ["granted", 1],
      ["denied", 0],
    ]);
  });

  it("a reservation that is repeated by its owner is granted again, and counts once", async () => {
    const { store } = scene();
    const demands = [logAt(randomUUID(), windowOf(2, longMs)), countAt(randomUUID(), 2)];
    const [reservation, another] = [reservationOf(demands), reservationOf(demands)];
    await store.reserve(reservation);

    expect((await store.reserve(reservation)).kind).toBe("granted");
    expect(summaryOf(await store.reserve(another))).toEqual(["granted", 1, 1]);
    expect((await store.reserve(reservation)).kind).toBe("granted");
    expect((await store.reserve(reservationOf(demands))).kind).toBe("denied");
    await store.settle(reservation.owner, giveBack);
    expect(summaryOf(await store.reserve(reservationOf(demands)))).toEqual(["granted", 1, 1]);
  });

  it("what is given back is as if it had not been, once", async () => {
    const { store } = scene();
    const demands = [logAt(randomUUID(), windowOf(3, longMs)), countAt(randomUUID(), 3)];
    const [first, second] = [reservationOf(demands), reservationOf(demands)];
    await store.reserve(first);
    await store.reserve(second);
    await store.settle(first.owner, giveBack);
    await store.settle(first.owner, giveBack);

    expect(summaryOf(await store.reserve(reservationOf(demands)))).toEqual(["granted", 2, 2]);
  });

  it("what is kept can't be given back any more, nor what nobody reserved", async () => {
    const { store } = scene();
    const demands = [logAt(randomUUID(), windowOf(3, longMs)), countAt(randomUUID(), 3)];
    const reservation = reservationOf(demands);
    await store.reserve(reservation);
    await store.settle(reservation.owner, keep);
    await store.settle(reservation.owner, giveBack);
    await store.settle(randomUUID(), clear);

    expect(summaryOf(await store.reserve(reservationOf(demands)))).toEqual(["granted", 2, 2]);
  });

  it("what nobody settled stays counted", async () => {
    const { store } = scene();
    const demands = [logAt(randomUUID(), windowOf(3, longMs)), countAt(randomUUID(), 3)];
    await store.reserve(reservationOf(demands));

    expect(summaryOf(await store.reserve(reservationOf(demands)))).toEqual(["granted", 2, 2]);
  });

  it("a success counts nowhere, empties the windows that can be cleared, and leaves the others as they were", async () => {
    const { store } = scene();
    const demand = logAt(randomUUID(), windowOf(3, longMs, { isClearable: true }), windowOf(9, longMs));
    await reserveAndKeep(2, [demand]);
    const [right, late] = [reservationOf([demand]), reservationOf([demand])];
    await store.reserve(right);
    await store.settle(right.owner, clear);
    expect(summaryOf(await store.reserve(late))).toEqual(["granted", 3, 7]);
    expect(await reserveAndKeep(1, [demand])).toEqual([["granted", 2, 6]]);
    // What was cleared while it was under way can still be given back.
    const another = reservationOf([demand]);
    await store.reserve(another);
    await store.settle(another.owner, clear);
    await store.settle(late.owner, giveBack);

    expect(await reserveAndKeep(1, [demand])).toEqual([["granted", 3, 6]]);
  });

  it("a shadow window tells that it is full, goes on counting, and refuses nothing", async () => {
    const { pass } = scene();
    const demands = [logAt(randomUUID(), windowOf(1, shortMs, { isShadow: true })), countAt(randomUUID(), 2, true)];

    expect(await reserveAndKeep(4, demands)).toEqual([
      ["granted", 1, 2],
      ["granted", 0, 1],
      ["granted", 0, 0],
      ["granted", 0, 0],
    ]);
    await pass(shortMs);
    expect(await reserveAndKeep(1, demands)).toEqual([["granted", 1, 0]]);
  });

  it("a count refuses beyond its limit, tells for how long, and has room when its window has passed", async () => {
    const { store, pass } = scene();
    const demand = countAt(randomUUID(), 3, false, shortMs);
    expect(await reserveAndKeep(3, [demand])).toEqual([
      ["granted", 3],
      ["granted", 2],
      ["granted", 1],
    ]);
    const denied = await store.reserve(reservationOf([demand]));

    expect(denied.kind).toBe("denied");
    expect(waitOf(denied)).toBeGreaterThan(0);
    await pass(waitOf(denied));
    expect((await store.reserve(reservationOf([demand]))).kind).toBe("granted");
  });

  it("a call that came to nothing stays where attempts count, and nowhere else; given back, it stays nowhere", async () => {
    const { store } = scene();
    const demands = [
      { ...logAt(randomUUID(), windowOf(3, longMs)), isAttempt: true },
      logAt(randomUUID(), windowOf(3, longMs)),
      { ...countAt(randomUUID(), 3), isAttempt: true },
      countAt(randomUUID(), 3),
    ];
    const settled = async (how: Settlement["how"]) => {
      const reservation = reservationOf(demands);
      const result = await store.reserve(reservation);
      await store.settle(reservation.owner, { how, tallies: [] });
      return summaryOf(result);
    };
    await settled("attempt");
    await settled("give-back");

    expect(await settled("keep")).toEqual(["granted", 2, 3, 2, 3]);
    expect(await settled("keep")).toEqual(["granted", 1, 2, 1, 2]);
  });

  it("what is final is counted, and there is nothing to settle", async () => {
    const { store } = scene();
    const demand = countAt(randomUUID(), 1);
    const reservation = reservationOf([demand], { isFinal: true });
    await store.reserve(reservation);
    await store.settle(reservation.owner, giveBack);

    expect((await store.reserve(reservationOf([demand]))).kind).toBe("denied");
  });

  it("users of one phone are counted together, also one who comes back under another name", async () => {
    const { store } = scene();
    const [anna, annaAgain, stranger, phone, prefix] = Array.from({ length: 5 }, () => randomUUID());
    const known = (user = "") => ({ user, phone: phone ?? "", country: "EE" });
    expect(await store.remember([known(anna), known(annaAgain)])).toBe(true);
    const startOf = (user = "") =>
      reservationOf([{ ...logAt(`own ${user}`, windowOf(1, longMs)), byPhone: { user, prefix: prefix ?? "" } }], {
        users: [user],
      });

    expect(await store.reserve(startOf(anna))).toMatchObject({ kind: "granted", country: "EE" });
    expect(await store.reserve(startOf(annaAgain))).toMatchObject({ kind: "denied", country: "EE" });
    expect(await store.reserve(startOf(stranger))).toMatchObject({ kind: "granted", country: undefined });
    expect(await store.reserve(startOf(stranger))).toMatchObject({ kind: "denied" });
  });

  it("what requires a phone counts at that phone, and nowhere where none is remembered", async () => {
    const { store } = scene();
    const [anna, berta, stranger, phone, prefix] = Array.from({ length: 5 }, () => randomUUID());
    const known = (user = "") => ({ user, phone: phone ?? "", country: "EE" });
    await store.remember([known(anna), known(berta)]);
    const start = async (user = "") => {
      const byPhone = { user, prefix: prefix ?? "", isRequired: true };
      const demands = [{ ...logAt(`own ${user}`, windowOf(1, longMs)), byPhone }];
      return summaryOf(await store.reserve(reservationOf(demands, { users: [user] })));
    };

    expect([await start(anna), await start(berta)]).toEqual([
      ["granted", 1],
      ["denied", 0],
    ]);
    expect([await start(stranger), await start(stranger)]).toEqual([["granted"], ["granted"]]);
  });

  it("a user's phone and country are those that were remembered last", async () => {
    const { store } = scene();
    const user = randomUUID();
    await store.remember([{ user, phone: "old", country: "unknown" }]);
    const about = { users: [user], exemptPhones: ["new"] };
    expect(await store.reserve(reservationOf([], about))).toMatchObject({ country: "unknown" });
    await store.remember([{ user, phone: "new", country: "ZZ" }]);

    const demand = logAt(randomUUID(), windowOf(1, longMs));
    expect(await store.reserve(reservationOf([demand], about))).toMatchObject({ country: "ZZ", states: [[]] });
  });

  it("at an exempt phone no log counts, and every count does", async () => {
    const { store } = scene();
    const [user, phone] = [randomUUID(), randomUUID()];
    await store.remember([{ user, phone, country: "EE" }]);
    const demands = [logAt(randomUUID(), windowOf(1, longMs)), countAt(randomUUID(), 2)];
    const about = { users: [user], exemptPhones: [randomUUID(), phone] };

    const start = async () => summaryOf(await store.reserve(reservationOf(demands, about)));
    expect([await start(), await start(), await start()]).toEqual([
      ["granted", 2],
      ["granted", 1],
      ["denied", 0],
    ]);
  });

  it("tallies are added when a call is settled, once, and read when one is reserved, by country where asked", async () => {
    const { store } = scene();
    const tally: Tally = { key: randomUUID(), windowMs: longMs, isByCountry: true };
    const plain: Tally = { key: randomUUID(), windowMs: longMs };
    const user = randomUUID();
    await store.remember([{ user, phone: randomUUID(), country: "LV" }]);
    const read = async (users: string[]) => {
      const result = await store.reserve(reservationOf([], { users, tallies: [tally, plain] }));
      return result.kind === "full" ? "full" : result.tallied;
    };
    const reservation = reservationOf([], { users: [user] });
    await store.reserve(reservation);
    const tallies = [{ tally, country: "LV" }, { tally: plain }];
    await store.settle(reservation.owner, { how: "keep", tallies });
    await store.settle(reservation.owner, { how: "keep", tallies });

    expect(await read([user])).toEqual([1, 1]);
    expect(await read([])).toEqual([0, 1]);
  });

  it("a tally forgets what its window has left behind", async () => {
    const { store, pass } = scene();
    const tally: Tally = { key: randomUUID(), windowMs: shortMs };
    const add = async () => {
      const reservation = reservationOf([], { tallies: [tally] });
      const result = await store.reserve(reservation);
      await store.settle(reservation.owner, { how: "keep", tallies: [{ tally }] });
      return result.kind === "full" ? [] : result.tallied;
    };
    expect([await add(), await add()]).toEqual([[0], [1]]);
    await pass(2 * shortMs);

    expect(await add()).toEqual([0]);
  });
}

function countAt(key: string, max: number, isShadow = false, windowMs = longMs) {
  return { kind: "count" as const, key, windows: [windowOf(max, windowMs, { isShadow })] as const };
}

function waitOf(result: Awaited<ReturnType<LimitStore["reserve"]>>): number {
  return result.kind === "full" ? Number.NaN : Math.max(...result.states.flat().map(({ waitMs }) => waitMs));
}

describe("in memory", () => {
  const clock = createTestClock();
  const roomy = 10_000_000;
  guarantees(() => ({ store: createdOnce, pass: async (ms) => clock.advance(ms) }));
  const createdOnce = createMemoryLimitStore({ clock, bytesMax: roomy });

  /** Fills a store with subjects of one event each, until it refuses one. */
  async function fill(
    store: LimitStore,
    demandOf: (key: string) => Demand = (key) => logAt(key, windowOf(1, longMs)),
  ): Promise<number> {
    for (let subjects = 0; ; subjects += 1) {
      const result = await store.reserve(reservationOf([demandOf(`filler ${subjects}`)]));
      if (result.kind === "full") {
        return subjects;
      }
    }
  }

  it("a full store refuses new subjects, forgets none, and has room again when they are over", async () => {
    const store = createMemoryLimitStore({ clock, bytesMax: 200_000 });
    const known = logAt("known", windowOf(2, longMs));
    await store.reserve(reservationOf([known]));
    const subjects = await fill(store);
    expect(subjects).toBeGreaterThan(1_000);

    expect(await store.remember([{ user: randomUUID(), phone: "p", country: "EE" }])).toBe(true);
    // Counts have a page, and there is no room for another one.
    expect(await fill(store, (key) => countAt(key, 1))).toBeLessThan(512);
    expect((await store.reserve(reservationOf([known]))).kind).toBe("granted");
    expect((await store.reserve(reservationOf([known]))).kind).toBe("denied");
    const filler = logAt("filler 0", windowOf(1, longMs));
    expect((await store.reserve(reservationOf([filler]))).kind).toBe("denied");
    // Of those that are known, a few more events are taken.
    for (let subject = 0; subject < 100; subject += 1) {
      const again = logAt(`filler ${subject}`, windowOf(2, longMs));
      expect((await store.reserve(reservationOf([again]))).kind).toBe("granted");
    }
    clock.advance(longMs);
    for (let round = 0; round < 2_000; round += 1) {
      await store.reserve(reservationOf([known]));
    }
    expect(await fill(store)).toBeGreaterThan(1_000);
  });

  it("a log keeps no more than its windows need, also where they are shadows", async () => {
    const store = createMemoryLimitStore({ clock, bytesMax: roomy });
    const shadow = logAt("shadow", windowOf(3, longMs, { isShadow: true }));
    for (let call = 0; call < 10; call += 1) {
      clock.advance(1);
      await store.reserve(reservationOf([shadow]));
    }
    expect(store.entries).toBe(3);
    // The newest three are kept: two of them are left when the window has passed the first of those.
    clock.advance(longMs - 2);

    expect(summaryOf(await store.reserve(reservationOf([shadow])))).toEqual(["granted", 1]);
  });

  it("what is given back leaves nothing behind, however many subjects somebody makes up", async () => {
    const store = createMemoryLimitStore({ clock, bytesMax: roomy });
    for (let subject = 0; subject < 1_000; subject += 1) {
      const key = `made up ${subject}`;
      const reservation = reservationOf([logAt(key, windowOf(1, longMs)), countAt(key, 1)]);
      expect((await store.reserve(reservation)).kind).toBe("granted");
      await store.settle(reservation.owner, giveBack);
    }

    expect(store.entries).toBe(0);
  });

  it("counts take the memory that they are counted with", async () => {
    const bytesMax = 1_000_000;
    const store = createMemoryLimitStore({ clock, bytesMax });
    const subjects = await fill(store, (key) => countAt(key, 1));

    // 24 bytes each, and about as much again for free places.
    expect(bytesMax / subjects).toBeGreaterThan(24);
    expect(bytesMax / subjects).toBeLessThan(60);
  });

  it("600 events of one subject are refused beyond what is kept of one, and others go on", async () => {
    const store = createMemoryLimitStore({ clock, bytesMax: roomy });
    const demand = logAt("one", windowOf(1_000, longMs));
    const kinds: string[] = [];
    for (let event = 0; event < 600; event += 1) {
      kinds.push((await store.reserve(reservationOf([demand], { isFinal: true }))).kind);
    }

    expect(kinds.filter((kind) => kind === "granted")).toHaveLength(511);
    expect(new Set(kinds.slice(511))).toEqual(new Set(["full"]));
    expect((await store.reserve(reservationOf([logAt("another", windowOf(1, longMs))]))).kind).toBe("granted");
  });

  it("what is over takes no place, after so many calls as there were", async () => {
    const store = createMemoryLimitStore({ clock, bytesMax: roomy });
    for (let subject = 0; subject < 10_000; subject += 1) {
      const key = String(subject);
      await store.remember([{ user: key, phone: key, country: "EE" }]);
      await store.reserve(
        reservationOf([logAt(key, windowOf(1, longMs)), countAt(key, 1)], { isFinal: subject % 2 === 0 }),
      );
    }
    expect(store.entries).toBe(30_000);
    clock.advance(rememberedMs + 1_000);
    for (let call = 0; call < 10_000; call += 1) {
      await store.reserve(reservationOf([]));
    }

    expect(store.entries).toBe(0);
  });

  it("a user is remembered for 30 days since it was last asked for", async () => {
    const store = createMemoryLimitStore({ clock, bytesMax: roomy });
    await store.remember([{ user: "u", phone: "p", country: "EE" }]);
    const countryOf = async () => {
      const result = await store.reserve(reservationOf([], { users: ["u"] }));
      return result.kind === "full" ? "full" : result.country;
    };
    clock.advance(rememberedMs - 1);
    expect(await countryOf()).toBe("EE");
    clock.advance(rememberedMs - 1);
    expect(await countryOf()).toBe("EE");
    clock.advance(rememberedMs + 1_000);
    expect(await countryOf()).toBeUndefined();
  });
});

describe.skipIf(skipsRedis)("in Redis", () => {
  let redis: RedisForTest;
  let shared: Store;
  let store: LimitStore;

  beforeAll(async () => {
    redis = await startRedisForTest();
    shared = quietStoreAt(redis.url);
    store = shared.limits;
    await until(() => shared.isReachable);
  });
  afterAll(async () => {
    await shared?.close();
    await redis?.kill();
  });

  guarantees(() => ({ store, pass: (ms) => serverTimePasses(redis, ms) }));

  it("replicas count together", async () => {
    const other = quietStoreAt(redis.url);
    await until(() => other.isReachable);
    const demand = logAt(randomUUID(), windowOf(5, longMs));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other.limits).reserve(reservationOf([demand])),
      ),
    );
    await other.close();

    expect(results.filter(({ kind }) => kind === "granted")).toHaveLength(5);
  });

  it("a log keeps no more than its windows need, also where they are shadows", async () => {
    const key = randomUUID();
    for (let call = 0; call < 10; call += 1) {
      await store.reserve(reservationOf([logAt(key, windowOf(3, longMs, { isShadow: true }))]));
    }

    expect(await redis.admin.llen(`verigate:1:limit:${key}`)).toBe(3);
  });

  it("what too few replicas have does not count, can be given back, and a denial stands without them", async () => {
    const { store: waiting } = storeAt(redis.url, 1);
    await until(() => waiting.isReachable);
    const demand = logAt(randomUUID(), windowOf(1, longMs));
    const unsure = reservationOf([demand]);
    expect(await causeOf(waiting.limits.reserve(unsure))).toBe("RedisFailure NOT_REPLICATED");
    await waiting.limits.settle(unsure.owner, giveBack);
    expect((await store.reserve(reservationOf([demand]))).kind).toBe("granted");

    expect((await waiting.limits.reserve(reservationOf([demand]))).kind).toBe("denied");
    expect((await waiting.limits.reserve(reservationOf([countAt(randomUUID(), 1)], { isFinal: true }))).kind).toBe(
      "granted",
    );
  });

  it("a flush is found out by whoever reserves", async () => {
    const { store: other, heard } = storeAt(redis.url);
    await until(() => other.isReachable);
    await other.limits.reserve(reservationOf([]));
    await redis.admin.flushall();
    await other.limits.reserve(reservationOf([]));

    expect(heard).toEqual(["reserve", "flushed", "reserve"]);
  });

  it("nothing is kept for ever but the run marker", async () => {
    await redis.admin.flushall();
    const user = randomUUID();
    await store.remember([{ user, phone: "p", country: "EE" }]);
    const demands = [logAt(randomUUID(), windowOf(5, longMs)), countAt(randomUUID(), 5)];
    const [open, settled] = [reservationOf(demands, { users: [user] }), reservationOf(demands)];
    await store.reserve(open);
    await store.reserve(settled);
    await store.settle(settled.owner, {
      how: "clear",
      tallies: [{ tally: { key: randomUUID(), windowMs: longMs }, country: "EE" }],
    });
    const keys = await redis.admin.keys("*");
    const kept = await Promise.all(keys.map(async (key) => ({ key, ttlMs: await redis.admin.pttl(key) })));

    expect(keys).toHaveLength(6);
    expect(kept.filter(({ ttlMs }) => ttlMs < 0)).toEqual([{ key: "verigate:1:run", ttlMs: -1 }]);
  });

  it("a user is remembered for 30 days since it was last asked for", async () => {
    const user = randomUUID();
    await store.remember([{ user, phone: "p", country: "EE" }]);
    const key = `verigate:1:limit:${user}`;
    await redis.admin.pexpire(key, longMs);
    await store.reserve(reservationOf([], { users: [user] }));

    expect(await redis.admin.pttl(key)).toBeGreaterThan(rememberedMs - longMs);
  });

  it("a user of Redis may do no more than docs/request-ids.md says, and it is enough", async () => {
    const page = readFileSync(new URL("../../../../docs/request-ids.md", import.meta.url), "utf8");
    const rights = /`(~verigate:1:\* [^`]+)`/.exec(page)?.[1] ?? expect.unreachable("the page names no rights");
    await redis.admin.call("ACL", "SETUSER", "narrow", "on", ">password", ...rights.split(" "));
    const url = new URL(redis.url);
    url.username = "narrow";
    url.password = "password";
    const { store: narrow } = storeAt(url);
    await until(() => narrow.isReachable);
    const user = randomUUID();
    const demands = [logAt(randomUUID(), windowOf(2, longMs)), countAt(randomUUID(), 2)];
    const tally = { key: randomUUID(), windowMs: longMs };
    await narrow.limits.remember([{ user, phone: "p", country: "EE" }]);
    for (const how of ["give-back", "keep", "clear"] as const) {
      const reservation = reservationOf(demands, { users: [user], tallies: [tally] });
      expect((await narrow.limits.reserve(reservation)).kind).toBe("granted");
      await narrow.limits.settle(reservation.owner, { how, tallies: [{ tally }] });
    }

    expect(summaryOf(await narrow.limits.reserve(reservationOf(demands)))).toEqual(["granted", 1, 1]);
    const claim = newClaim();
    expect(await narrow.claims.claim(claim, longMs)).toEqual({ kind: "claimed" });
    await narrow.claims.settle(claim, "record");
    expect(await narrow.claims.claim(twinOf(claim), longMs)).toMatchObject({ kind: "settled" });
  });

  it("a server without memory refuses, and counts nothing", async () => {
    const demand = logAt(randomUUID(), windowOf(1, longMs));
    await redis.admin.config("SET", "maxmemory", "1");
    expect(await store.reserve(reservationOf([demand]))).toEqual({ kind: "full" });
    expect(await store.remember([{ user: randomUUID(), phone: "p", country: "EE" }])).toBe(false);
    await redis.admin.config("SET", "maxmemory", "0");

    expect((await store.reserve(reservationOf([demand]))).kind).toBe("granted");
  });
});
