import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { wordOfEnd } from "../chaos/call-record.ts";
import { intentOf, readJournal } from "../chaos/journal.ts";
import { type Load, startLoad } from "../chaos/load.ts";
import { UpstreamProcess } from "../chaos/upstream-process.ts";
import { freePort } from "../src/free-port.ts";
import { haproxy, redisServer, testWith } from "../src/real-or-skip.ts";
import { startRedis } from "../src/redis-under-test.ts";
import { temporaryFolder } from "../src/temporary-folder.ts";
import { startHaproxy } from "./haproxy-under-test.ts";
import { newReplicas, type Replica } from "./replicas.ts";
import { type CreateCaller, isRight, rolloutCallers } from "./rollout-callers.ts";
import { until } from "./until.ts";

/** Calls per second. */
const rate = 200;
const connections = 4;
/** A machine that is busy with other things gets fewer calls then, not more and more of them at once. */
const underWayMax = 100;

async function startUpstream() {
  const journalPath = join(temporaryFolder(), "journal");
  writeFileSync(journalPath, "");
  const port = await freePort();
  const upstream = new UpstreamProcess({ host: "127.0.0.1", port, journalPath });
  onTestFinished(() => upstream.kill());
  await upstream.start();
  return { url: `http://127.0.0.1:${port}`, journal: () => readJournal(journalPath) };
}

function startCalling(createCaller: CreateCaller, authority: string): Load {
  const callers = Array.from({ length: connections }, () => createCaller(authority));
  // Nobody repeats anything, but for what a library repeats by itself.
  const load = startLoad({ callers, rate, underWayMax, habit: "once" });
  onTestFinished(() => load.stop());
  return load;
}

/** Fulfils when that many more calls have ended. */
function furtherCalls({ records }: Load, count: number): Promise<void> {
  const enough = records.length + count;
  return until(() => records.length >= enough);
}

/** What of the load was not as if nothing had happened, and how often: each call answered rightly, each intent carried out once. */
function flawsOf({ records }: Load, { started }: ReturnType<typeof readJournal>): Readonly<Record<string, number>> {
  const flaws: Record<string, number> = {};
  const note = (flaw: string) => {
    flaws[flaw] = (flaws[flaw] ?? 0) + 1;
  };
  for (const { operation, key, end } of records) {
    const starts = started.get(intentOf(operation, key))?.length ?? 0;
    if (end.kind !== "ok") {
      note(wordOfEnd(end));
    } else if (operation === "VerifyPin" && end.verified !== isRight(key)) {
      note(`verified: ${end.verified}`);
    }
    if (starts !== 1) {
      note(`${operation} carried out ${starts} times`);
    }
  }
  return flaws;
}

const servedBy = (replicas: readonly Replica[]) => replicas.map((replica) => replica.served());

describe.each(Object.entries(rolloutCallers))("with %s", (_, createCaller) => {
  testWith(haproxy, redisServer)(
    "a rolling update of two replicas behind a TCP balancer fails no call of 200 a second, and doubles none",
    { timeout: 120_000 },
    async () => {
      const upstream = await startUpstream();
      const redis = await startRedis();
      const env = {
        VERIGATE_UPSTREAM_URL: upstream.url,
        VERIGATE_REDIS_URL: redis.url,
        VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
        // It has 100 ms for its answer, which is not enough on a machine that is busy with other things.
        VERIGATE_STORE_FAILURE: "allow",
        VERIGATE_DRAIN_DELAY: "2s",
      };
      const replicas = await newReplicas("one", "two", "three", "four");
      const [one, two, three, four] = replicas;
      const balancer = await startHaproxy(replicas, { checkMs: 100 });
      await Promise.all([one.start(env), two.start(env)]);
      await balancer.sendsTo("one", "two");

      const load = startCalling(createCaller, balancer.authority);
      await furtherCalls(load, 200);
      await three.start(env);
      await balancer.sendsTo("one", "two", "three");
      expect(await one.stop()).toBe(0);
      await four.start(env);
      await balancer.sendsTo("two", "three", "four");
      expect(await two.stop()).toBe(0);
      await furtherCalls(load, 200);
      await load.stop();
      expect([await three.stop(), await four.stop()]).toEqual([0, 0]);

      expect(flawsOf(load, upstream.journal())).toEqual({});
      // All of them were in use, and each call was answered by one of them.
      const served = servedBy(replicas);
      expect(Math.min(...served)).toBeGreaterThan(0);
      expect(served.reduce((sum, calls) => sum + calls)).toBe(load.records.length);
    },
  );

  test("a gateway that ends its connections all the time fails no call, and doubles none", async () => {
    const upstream = await startUpstream();
    const [gateway] = await newReplicas("one");
    await gateway.start({ VERIGATE_UPSTREAM_URL: upstream.url, VERIGATE_MAX_CONNECTION_AGE: "250ms" });
    const load = startCalling(createCaller, `127.0.0.1:${gateway.port}`);
    await furtherCalls(load, 800);
    await load.stop();
    expect(await gateway.stop()).toBe(0);

    expect(flawsOf(load, upstream.journal())).toEqual({});
    expect(gateway.served()).toBe(load.records.length);
  });
});
