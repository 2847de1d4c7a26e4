import { readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { type RedisForTest, skipsRedis, startReplicaForTest } from "./redis-for-test.ts";
import { causeOf, newClaim, redisFor, storeAt, twinOf, until } from "./redis-store-for-test.ts";
import { startRelayForTest } from "./relay-for-test.ts";

const leaseMs = 60_000;
const notReplicated = expect.stringContaining("RedisFailure NOT_REPLICATED");

/** A primary with a replica, and a store that wants claims on both. */
async function scene() {
  const primary = await redisFor();
  const replica = await startReplicaForTest(primary);
  onTestFinished(() => replica.kill());
  const { store, heard } = storeAt(primary.url, 1);
  await until(() => store.isReachable);
  return { primary, replica, claims: store.claims, store, heard };
}

/** What a server counts of a command, or 0. */
async function callsOf({ admin }: RedisForTest, command: string): Promise<number> {
  const found = new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await admin.info("commandstats"));
  return Number(found?.[1] ?? 0);
}

/** Fulfils when the replica has all that was written, and said so: only what comes now can be missing there. */
async function allAcknowledged({ admin }: RedisForTest): Promise<void> {
  await admin.publish("verigate-test", "something to acknowledge");
  await admin.wait(1, 0);
}

async function promote({ admin }: RedisForTest): Promise<void> {
  await admin.replicaof("NO", "ONE");
}

describe.skipIf(skipsRedis)("a shared store that waits for a replica", () => {
  it("says claimed when the replica has the claim, also right after scripts were forgotten", async () => {
    const { primary, replica, claims } = await scene();
    for (const claim of [newClaim(), newClaim()]) {
      expect(await claims.claim(claim, leaseMs)).toEqual({ kind: "claimed" });
      expect(await replica.admin.exists(`verigate:1:claim:${claim.names[0].name}`)).toBe(1);
      await primary.admin.script("FLUSH");
    }
  });

  it.each(["pause", "kill"] as const)(
    "refuses a new claim after the replica's %s, and it can be released and claimed again",
    async (trouble) => {
      const { primary, replica, claims, heard } = await scene();
      await claims.claim(newClaim(), leaseMs);
      await allAcknowledged(primary);
      await replica[trouble]();
      const claim = newClaim();

      expect(await causeOf(claims.claim(claim, leaseMs))).toEqual(notReplicated);
      await claims.release(claim);
      expect(heard).toEqual(["claim", "claim failed", "release"]);
      replica.resume();
      const another = await startReplicaForTest(primary);
      onTestFinished(() => another.kill());
      expect(await claims.claim(twinOf(claim), leaseMs)).toEqual({ kind: "claimed" });
    },
  );

  it("whoever claims again what was refused is refused again, by a new connection too", async () => {
    const { primary, replica, claims } = await scene();
    replica.pause();
    onTestFinished(() => replica.resume());
    const claim = newClaim();
    expect(await causeOf(claims.claim(claim, leaseMs))).toEqual(notReplicated);
    const { store: another } = storeAt(primary.url, 1);
    await until(() => another.isReachable);

    expect(await causeOf(another.claims.claim(claim, leaseMs))).toEqual(notReplicated);
  });

  it("a claim that is repeated is written again, for servers that wait only for what a connection wrote", async () => {
    const { primary, claims } = await scene();
    const claim = newClaim();
    await claims.claim(claim, leaseMs);
    const before = await callsOf(primary, "hset");
    await claims.claim(claim, leaseMs);

    expect((await callsOf(primary, "hset")) - before).toBe(1);
  });

  it("what others claimed or recorded is told without the replica", async () => {
    const { replica, claims } = await scene();
    const [running, settled] = [newClaim(), newClaim()];
    await claims.claim(running, leaseMs);
    await claims.claim(settled, leaseMs);
    replica.pause();
    onTestFinished(() => replica.resume());
    await claims.settle(settled, "record");

    expect(await claims.claim(twinOf(running), leaseMs)).toEqual({ kind: "running" });
    expect(await claims.claim(twinOf(settled), leaseMs)).toMatchObject({ kind: "settled", record: "record" });
  });

  it("of two that claim at the same time, the second hears that the first runs, though that does not count", async () => {
    const { replica, claims } = await scene();
    replica.pause();
    onTestFinished(() => replica.resume());
    const claim = newClaim();
    const results = await Promise.allSettled([claims.claim(claim, leaseMs), claims.claim(twinOf(claim), leaseMs)]);

    expect(results).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: { kind: "running" } }]);
  });

  it("a claim that waits holds up neither records nor turns, nor what is known", async () => {
    const { replica, claims, store } = await scene();
    const running = newClaim();
    await claims.claim(running, leaseMs);
    const turns = store.createTurns({ spacingMs: 1, burstMs: 100, waitMsMax: 1_000 });
    await turns.take();
    replica.pause();
    onTestFinished(() => replica.resume());
    const ended: string[] = [];
    const note = (name: string) => () => ended.push(name);
    const waiting = claims.claim(newClaim(), leaseMs).catch(note("claim"));
    await claims.settle(running, "record").then(note("settle"));
    await turns.take().then(note("take"));
    await claims.claim(twinOf(running), leaseMs).then(note("known"));
    await turns.take().then(note("take"));
    await waiting;

    expect(ended).toEqual(["settle", "take", "known", "take", "claim"]);
  });

  it("claims that come together wait together", async () => {
    const { primary, claims } = await scene();
    await claims.claim(newClaim(), leaseMs);
    const before = await callsOf(primary, "wait");
    const results = await Promise.all(Array.from({ length: 100 }, () => claims.claim(newClaim(), leaseMs)));

    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(["claimed"]));
    expect((await callsOf(primary, "wait")) - before).toBeLessThanOrEqual(10);
  });

  it("a server that is out of memory refuses new claims as full", async () => {
    const { primary, claims } = await scene();
    await primary.admin.config("SET", "maxmemory", "1");

    expect(await claims.claim(newClaim(), leaseMs)).toEqual({ kind: "full" });
  });

  it("after the primary's kill -9, the promoted replica knows the claims and the records", async () => {
    const { primary, replica, claims } = await scene();
    const [running, settled] = [newClaim(), newClaim()];
    await claims.claim(settled, leaseMs);
    await claims.settle(settled, "record");
    // Records go by another connection; what came later on this one has the earlier ones before it.
    await claims.claim(running, leaseMs);
    await primary.kill();
    await promote(replica);
    const { store, lines } = storeAt(replica.url);
    await until(() => store.isReachable);

    expect(await store.claims.claim(twinOf(running), leaseMs)).toEqual({ kind: "running" });
    expect(await store.claims.claim(twinOf(settled), leaseMs)).toMatchObject({ kind: "settled", record: "record" });
    expect(lines).toEqual([]);
  });

  it("where the address leads to a new primary while the old one lives on as a replica, goes there", async () => {
    const primary = await redisFor();
    const replica = await startReplicaForTest(primary);
    onTestFinished(() => replica.kill());
    const relay = await startRelayForTest(primary.url);
    const { store } = storeAt(relay.url);
    await until(() => store.isReachable);
    const claim = newClaim();
    await store.claims.claim(claim, leaseMs);
    await expect.poll(() => replica.admin.exists(`verigate:1:claim:${claim.names[0].name}`)).toBe(1);
    await promote(replica);
    relay.leadTo(replica.url);
    await primary.admin.replicaof("127.0.0.1", Number(replica.url.port));

    expect(await causeOf(store.claims.claim(newClaim(), leaseMs))).toBe("RedisFailure READONLY");
    await until(() => !store.isReachable);
    await until(() => store.isReachable);
    expect(await store.claims.claim(twinOf(claim), leaseMs)).toEqual({ kind: "running" });
    expect(await store.claims.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
  });
});

describe.skipIf(skipsRedis)("the rights that docs/request-ids.md names", () => {
  const page = readFileSync(new URL("../../../../docs/request-ids.md", import.meta.url), "utf8");
  const rights = /`(~verigate:1:\* [^`]+)`/.exec(page)?.[1]?.split(" ") ?? [];

  it.each([
    ["without replicas", 0, []],
    ["with replicas", 1, ["+wait"]],
  ] as const)("are enough, %s", async (_name, waitReplicas, more) => {
    const primary = await redisFor();
    const replica = await startReplicaForTest(primary);
    onTestFinished(() => replica.kill());
    await primary.admin.acl("SETUSER", "verigate", "on", ">secret", ...rights, ...more);
    const url = new URL(primary.url);
    [url.username, url.password] = ["verigate", "secret"];
    const { store, lines } = storeAt(url, waitReplicas);
    await until(() => store.isReachable);
    const [settled, released] = [newClaim(), newClaim()];

    expect(await store.claims.claim(settled, leaseMs)).toEqual({ kind: "claimed" });
    expect(await store.claims.claim(released, leaseMs)).toEqual({ kind: "claimed" });
    await store.claims.settle(settled, "record");
    await store.claims.release(released);
    expect(await store.claims.claim(twinOf(settled), leaseMs)).toMatchObject({ kind: "settled" });
    const turns = store.createTurns({ spacingMs: 1, burstMs: 100, waitMsMax: 1_000 });
    await expect
      .poll(async () => [await turns.take(), await primary.admin.exists("verigate:1:turns")], { timeout: 10_000 })
      .toEqual([expect.any(Number), 1]);
    expect(lines).toEqual([]);
  });
});
