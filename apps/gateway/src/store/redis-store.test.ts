import { describe, expect, it, onTestFinished } from "vitest";
import { type RedisForTest, skipsRedis } from "./redis-for-test.ts";
import { causeOf, newClaim, redisFor, storeAt, until } from "./redis-store-for-test.ts";
import { startRelayForTest } from "./relay-for-test.ts";

const leaseMs = 60_000;

describe.skipIf(skipsRedis)("a shared store", () => {
  it("fails at once where there is no server, and works when there is one", async () => {
    const redis = await redisFor();
    await redis.kill();
    const { store } = storeAt(redis.url);
    await until(() => !store.isReachable);

    expect(await causeOf(store.claims.claim(newClaim(), leaseMs))).toContain("RedisFailure NOT_CONNECTED");
    await redisFor([], Number(redis.url.port));
    await until(() => store.isReachable);
    expect(await store.claims.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
  });

  it("gives up a command after its time-out, and never sends it again", async () => {
    const redis = await redisFor();
    const { store } = storeAt(redis.url);
    await until(() => store.isReachable);
    await store.claims.claim(newClaim(), leaseMs);
    const before = await scriptRuns(redis);
    redis.pause();
    onTestFinished(() => redis.resume());

    expect(await causeOf(store.claims.claim(newClaim(), leaseMs))).toBe("RedisFailure TIMED_OUT");
    await until(() => !store.isReachable);
    redis.resume();
    await until(() => store.isReachable);
    expect(await store.claims.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
    // The one before the pause may have been read after it, and this one: a third would be a repeat.
    expect((await scriptRuns(redis)) - before).toBeLessThanOrEqual(2);
  });

  it("releases what it could not release as soon as there is a connection again, once", async () => {
    const redis = await redisFor();
    const relay = await startRelayForTest(redis.url);
    const { store, heard } = storeAt(relay.url);
    await until(() => store.isReachable);
    const claim = newClaim();
    await store.claims.claim(newClaim(), leaseMs);
    relay.loseAnswers();
    expect(await causeOf(store.claims.claim(claim, leaseMs))).toBe("RedisFailure TIMED_OUT");
    relay.loseQuestions();
    // In vain too, by its time-out or that of the connection.
    expect(await causeOf(store.claims.release(claim))).toMatch(/^RedisFailure (TIMED_OUT|CONNECTION_LOST)$/);
    expect(await redis.admin.exists(`verigate:1:claim:${claim.names[0].name}`)).toBe(1);
    relay.cut();

    await until(() => heard.length === 4);
    expect(heard).toEqual(["claim", "claim failed", "release failed", "release"]);
    expect(await redis.admin.exists(`verigate:1:claim:${claim.names[0].name}`)).toBe(0);
    relay.cut();
    await until(() => !store.isReachable);
    await until(() => store.isReachable);
    await store.claims.claim(newClaim(), leaseMs);
    expect(heard.slice(4)).toEqual(["claim"]);
  });

  it.each([
    ["by the machine", false, "ECONNREFUSED"],
    ["by what stands in between", true, "CONNECTION_LOST"],
  ])("says once that it is refused %s, and once that it is not any more", async (_name, isBehindRelay, code) => {
    const redis = await redisFor();
    const relay = await startRelayForTest(redis.url);
    const { store, lines } = storeAt(isBehindRelay ? relay.url : redis.url);
    await until(() => store.isReachable);
    // Commands are answered in order: what is asked at first has been.
    await store.claims.claim(newClaim(), leaseMs);
    await redis.kill();
    await until(() => lines.length > 0);
    // Long enough for it to try again and again.
    const { store: another } = storeAt(relay.url);
    const before = relay.connections();
    await until(() => relay.connections() - before > 3);
    await redisFor([], Number(redis.url.port));
    await until(() => store.isReachable && another.isReachable);

    expect(lines).toEqual([
      { level: "warn", message: "the shared store can't be reached", cause: `RedisFailure ${code}` },
      { level: "info", message: "the shared store can be reached again" },
    ]);
  });

  it("says that it was flushed, once, and goes on", async () => {
    const redis = await redisFor();
    const { store, lines, heard } = storeAt(redis.url);
    await until(() => store.isReachable);
    await store.claims.claim(newClaim(), leaseMs);
    await store.claims.claim(newClaim(), leaseMs);
    expect(lines).toEqual([]);
    await redis.admin.flushall();
    await store.claims.claim(newClaim(), leaseMs);
    await store.claims.claim(newClaim(), leaseMs);

    expect(lines).toEqual([{ level: "error", message: expect.stringContaining("was flushed or replaced") }]);
    expect(heard).toEqual(["claim", "claim", "flushed", "claim", "claim"]);
  });

  it("also those who come after the first one hear of a flush", async () => {
    const redis = await redisFor();
    const [first, second] = [storeAt(redis.url), storeAt(redis.url)];
    await until(() => first.store.isReachable && second.store.isReachable);
    for (const flush of [false, true]) {
      await (flush ? redis.admin.flushall() : undefined);
      await first.store.claims.claim(newClaim(), leaseMs);
      await second.store.claims.claim(newClaim(), leaseMs);
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
    await store.claims.claim(newClaim(), leaseMs);

    expect(lines.filter(({ message }) => message.includes("noeviction"))).toHaveLength(warnings);
  });

  it("refuses new names where the server has no memory left", async () => {
    const redis = await redisFor();
    const { store } = storeAt(redis.url);
    await until(() => store.isReachable);
    const claim = newClaim();
    await store.claims.claim(claim, leaseMs);
    await redis.admin.config("SET", "maxmemory", "1");

    expect(await store.claims.claim(newClaim(), leaseMs)).toEqual({ kind: "full" });
    expect(await store.claims.claim({ ...claim, owner: "another" }, leaseMs)).toEqual({ kind: "running" });
  });

  it("signs in with the URL's password, and never shows it where that is wrong", async () => {
    const redis = await redisFor(["--requirepass", "p@ss word/0451"]);
    const [right, wrong] = [new URL(redis.url), new URL(redis.url)];
    right.password = encodeURIComponent("p@ss word/0451");
    wrong.password = "wrong-0451";
    const signedIn = storeAt(right);
    const refused = storeAt(wrong);
    await until(() => signedIn.store.isReachable);

    expect(await signedIn.store.claims.claim(newClaim(), leaseMs)).toEqual({ kind: "claimed" });
    await expect
      .poll(() => causeOf(refused.store.claims.claim(newClaim(), leaseMs)))
      .toBe("RedisFailure NOT_CONNECTED < RedisFailure WRONGPASS");
    expect(JSON.stringify(refused.lines)).not.toContain("0451");
  });
});

/** How often a script was run. */
async function scriptRuns({ admin }: RedisForTest): Promise<number> {
  const info = await admin.info("commandstats");
  return [...info.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
