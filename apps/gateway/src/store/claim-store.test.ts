import { randomUUID } from "node:crypto";
import { createTestClock } from "@verigate/call/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Claim, type ClaimStore, mismatchesMax } from "./claim-store.ts";
import { createMemoryClaimStore } from "./memory-claim-store.ts";
import { type RedisForTest, serverTimePasses, skipsRedis, startRedisForTest } from "./redis-for-test.ts";
import { quietStoreAt, until } from "./redis-store-for-test.ts";
import type { Store } from "./store.ts";

const longMs = 60_000;

/** A claim of a name that no other test has. */
function newClaim(given: Partial<Claim> = {}): Claim {
  const [name, owner, caller] = [randomUUID(), randomUUID(), randomUUID()];
  return { names: [{ name, payload: "p" }], owner, keptMs: 10 * longMs, caller, ...given };
}

/** Another call of the same request_id. */
function twinOf(claim: Claim): Claim {
  return { ...claim, owner: randomUUID() };
}

/** Another call of the same request_id, that asks for something else. */
function otherOf(claim: Claim): Claim {
  return { ...twinOf(claim), names: [{ name: claim.names[0].name, payload: randomUUID() }] };
}

/** A store, and a way to let a few milliseconds of its own time pass. */
interface Scene {
  readonly store: ClaimStore;
  readonly pass: (ms: number) => Promise<void>;
}

function guarantees(scene: () => Scene): void {
  it("of two calls one gets the claim, and the other hears that it runs", async () => {
    const { store } = scene();
    const claim = newClaim();
    const results = await Promise.all([store.claim(claim, longMs), store.claim(twinOf(claim), longMs)]);

    expect(results).toEqual([{ kind: "claimed" }, { kind: "running" }]);
  });

  it("whoever has the claim gets it again, so that a claim may be repeated", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);

    expect(await store.claim(claim, longMs)).toEqual({ kind: "claimed" });
  });

  it("what was settled is found by everybody, and a second end changes nothing", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    await store.settle(claim, "first");
    await store.settle(claim, "second");
    await store.release(claim);

    expect(await store.claim(twinOf(claim), longMs)).toMatchObject({ kind: "settled", record: "first" });
    expect(await store.claim(claim, longMs)).toMatchObject({ kind: "settled", record: "first" });
  });

  it("a record tells its age", async () => {
    const { store, pass } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    await store.settle(claim, "record");
    await pass(20);
    const result = await store.claim(twinOf(claim), longMs);

    expect(result.kind === "settled" && result.ageMs).toBeGreaterThanOrEqual(20);
  });

  it("what was released can be claimed again", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    await store.release(claim);

    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "claimed" });
  });

  it("only the owner ends a claim", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    await store.release(twinOf(claim));
    await store.settle(twinOf(claim), "not mine");

    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "running" });
  });

  it("a claim whose lease ended has lapsed for everybody, and no late end changes that", async () => {
    const { store, pass } = scene();
    const claim = newClaim();
    await store.claim(claim, 10);
    await pass(10);

    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "lapsed" });
    await store.settle(claim, "late");
    await store.release(claim);
    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "lapsed" });
    expect(await store.claim(claim, longMs)).toEqual({ kind: "lapsed" });
  });

  it("an end that comes late but before anybody asked still counts", async () => {
    const { store, pass } = scene();
    const claim = newClaim();
    await store.claim(claim, 10);
    await pass(10);
    await store.settle(claim, "late");

    expect(await store.claim(twinOf(claim), longMs)).toMatchObject({ kind: "settled", record: "late" });
  });

  it.each(["running", "settled", "lapsed"])(
    "another payload is told so while the claim is %s, and changes nothing",
    async (state) => {
      const { store, pass } = scene();
      const claim = newClaim();
      await store.claim(claim, state === "lapsed" ? 1 : longMs);
      await (state === "settled" ? store.settle(claim, "record") : pass(1));

      expect(await store.claim(otherOf(claim), longMs)).toEqual({ kind: "other-payload" });
      expect(await store.claim(twinOf(claim), longMs)).toMatchObject({ kind: state });
    },
  );

  it("after five other payloads nothing is told under a name any more, also where it was settled in between", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    const kinds: string[] = [];
    for (let each = 0; each < mismatchesMax; each += 1) {
      if (each === 2) {
        await store.settle(claim, "record");
        expect(await store.claim(twinOf(claim), longMs)).toMatchObject({ kind: "settled" });
      }
      kinds.push((await store.claim(otherOf(claim), longMs)).kind);
    }

    expect(kinds).toEqual(new Array(5).fill("other-payload"));
    expect(await store.claim(otherOf(claim), longMs)).toEqual({ kind: "barred" });
    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "barred" });
  });

  it("who runs a claim may repeat it and settle it, whatever others ask for under its name", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    for (let each = 0; each < 2 * mismatchesMax; each += 1) {
      await store.claim(otherOf(claim), longMs);
    }

    expect(await store.claim(claim, longMs)).toEqual({ kind: "claimed" });
    await store.settle(claim, "record");
    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "barred" });
  });

  it("after its window a record is gone", async () => {
    const { store, pass } = scene();
    const claim = newClaim({ keptMs: 30 });
    await store.claim(claim, longMs);
    await store.settle(claim, "record");
    await pass(30);

    expect(await store.claim(twinOf(claim), longMs)).toEqual({ kind: "claimed" });
  });

  it("what was written under an older key's name is found, with that key's payload", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.claim(claim, longMs);
    await store.settle(claim, "record");
    const newer = { name: randomUUID(), payload: "newer p" };

    const rotated = { ...twinOf(claim), names: [newer, ...claim.names] } as const;
    expect(await store.claim(rotated, longMs)).toMatchObject({ kind: "settled", record: "record" });
    const fresh = newClaim({ names: [newer, { name: randomUUID(), payload: "p" }] });
    expect(await store.claim(fresh, longMs)).toEqual({ kind: "claimed" });
    expect(await store.claim(newClaim({ names: [newer] }), longMs)).toEqual({ kind: "running" });
  });

  it("an end is written even where the claim is not known, as after a flush", async () => {
    const { store } = scene();
    const claim = newClaim();
    await store.settle(claim, "record");

    expect(await store.claim(twinOf(claim), longMs)).toMatchObject({ kind: "settled", record: "record" });
  });
}

describe("in memory", () => {
  const clock = createTestClock();
  const store = createMemoryClaimStore({ clock, bytesMax: 1_000_000 });
  guarantees(() => ({ store, pass: async (ms) => clock.advance(ms) }));

  it("a full store refuses new names, keeps the old ones, and has room again when they have expired", async () => {
    const small = createMemoryClaimStore({ clock, bytesMax: 1_000 });
    const claims = [newClaim(), newClaim({ keptMs: longMs })] as const;
    for (const claim of claims) {
      expect(await small.claim(claim, longMs)).toEqual({ kind: "claimed" });
    }

    expect(await small.claim(newClaim(), longMs)).toEqual({ kind: "full" });
    await small.settle(claims[0], "record");
    expect(await small.claim(twinOf(claims[0]), longMs)).toMatchObject({ kind: "settled" });
    expect(await small.claim(twinOf(claims[1]), longMs)).toEqual({ kind: "running" });
    clock.advance(longMs);
    expect(await small.claim(newClaim(), longMs)).toEqual({ kind: "claimed" });
  });

  it("one caller gets half of the memory, and others still claim when it has that", async () => {
    const store = createMemoryClaimStore({ clock, bytesMax: 10_000 });
    const claims = Array.from({ length: 20 }, () => newClaim({ caller: "wild", keptMs: longMs }));
    const kinds: string[] = [];
    for (const claim of claims) {
      kinds.push((await store.claim(claim, longMs)).kind);
    }

    expect(kinds).toEqual([...new Array(10).fill("claimed"), ...new Array(10).fill("full")]);
    for (let each = 0; each < 10; each += 1) {
      expect(await store.claim(newClaim(), longMs)).toEqual({ kind: "claimed" });
    }
    expect(await store.claim(newClaim(), longMs)).toEqual({ kind: "full" });
    clock.advance(longMs);
    expect(await store.claim(newClaim({ caller: "wild" }), longMs)).toEqual({ kind: "claimed" });
  });

  it("a record's window begins when it is written", async () => {
    const claim = newClaim({ keptMs: 100 });
    await store.claim(claim, longMs);
    clock.advance(99);
    await store.settle(claim, "record");
    clock.advance(99);

    expect(await store.claim(twinOf(claim), longMs)).toMatchObject({ kind: "settled" });
  });

  it("released and expired claims leave no room taken", async () => {
    const small = createMemoryClaimStore({ clock, bytesMax: 1_000 });
    for (let round = 0; round < 10; round += 1) {
      const [released, expired] = [newClaim(), newClaim({ keptMs: 5 })];
      expect(await small.claim(released, longMs)).toEqual({ kind: "claimed" });
      await small.release(released);
      expect(await small.claim(expired, longMs)).toEqual({ kind: "claimed" });
      await small.settle(expired, "record");
      clock.advance(5);
    }
  });
});

describe.skipIf(skipsRedis)("in Redis", () => {
  let redis: RedisForTest;
  let shared: Store;
  let store: ClaimStore;

  beforeAll(async () => {
    redis = await startRedisForTest();
    shared = quietStoreAt(redis.url);
    store = shared.claims;
    await until(() => shared.isReachable);
  });
  afterAll(async () => {
    await shared?.close();
    await redis?.kill();
  });

  guarantees(() => ({ store, pass: (ms) => serverTimePasses(redis, ms) }));

  it("two stores see the same claims, and both find scripts that a restart forgot", async () => {
    const other = quietStoreAt(redis.url);
    await until(() => other.isReachable);
    await redis.admin.script("FLUSH");
    const claim = newClaim();

    expect(await store.claim(claim, longMs)).toEqual({ kind: "claimed" });
    await redis.admin.script("FLUSH");
    expect(await other.claims.claim(twinOf(claim), longMs)).toEqual({ kind: "running" });
    await other.close();
  });

  it("nothing is kept for ever but the run marker", async () => {
    const [settled, running] = [newClaim(), newClaim()];
    await store.claim(running, longMs);
    await store.claim(settled, longMs);
    await store.settle(settled, "record");
    const keys = await redis.admin.keys("*");
    const kept = await Promise.all(keys.map(async (key) => ({ key, ttlMs: await redis.admin.pttl(key) })));

    expect(kept.filter(({ ttlMs }) => ttlMs < 0)).toEqual([{ key: "verigate:1:run", ttlMs: -1 }]);
  });

  it("a record's window begins when it is written", async () => {
    const claim = newClaim();
    const key = `verigate:1:claim:${claim.names[0].name}`;
    await store.claim(claim, longMs);
    await redis.admin.pexpire(key, longMs);
    await store.settle(claim, "record");

    expect(await redis.admin.pttl(key)).toBeGreaterThan(longMs);
  });

  it("what stands under a name and can't be read counts as lapsed, never as absent", async () => {
    const claim = newClaim();
    await redis.admin.hset(`verigate:1:claim:${claim.names[0].name}`, "from", "the future");

    expect(await store.claim(claim, longMs)).toEqual({ kind: "lapsed" });
  });
});
