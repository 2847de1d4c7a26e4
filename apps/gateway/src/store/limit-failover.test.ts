import { randomUUID } from "node:crypto";
import { expect, it, onTestFinished } from "vitest";
import { logAt, reservationOf, windowOf } from "./limit-store-for-test.ts";
import { skipsRedis, startReplicaForTest } from "./redis-for-test.ts";
import { redisFor, storeAt, until } from "./redis-store-for-test.ts";

it.skipIf(skipsRedis)(
  "a failover to a replica that was cut off lets through no guess more, where replicas are waited for",
  async () => {
    const primary = await redisFor();
    const replica = await startReplicaForTest(primary);
    onTestFinished(() => replica.kill());
    const [before, after] = [storeAt(primary.url, 1).store, storeAt(replica.url).store];
    await until(() => before.isReachable && after.isReachable);
    const demand = logAt(`guesses:${randomUUID()}`, windowOf(5, 60_000));
    const grantedAt = async ({ limits }: typeof before, times: number) => {
      const guesses = Array.from({ length: times }, async () => {
        try {
          return (await limits.reserve(reservationOf([demand]))).kind;
        } catch {
          return "failed";
        }
      });
      return (await Promise.all(guesses)).filter((kind) => kind === "granted").length;
    };

    const copied = await grantedAt(before, 3);
    // It gets nothing any more, as where the network is cut.
    await replica.admin.replicaof("NO", "ONE");
    const notCopied = await grantedAt(before, 10);
    await primary.kill();
    const afterwards = await grantedAt(after, 10);

    expect([copied, notCopied, afterwards]).toEqual([3, 0, 2]);
  },
);
