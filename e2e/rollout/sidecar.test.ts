import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { redisServer, testWith } from "../src/real-or-skip.ts";
import { startRedis } from "../src/redis-under-test.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "../src/scripted-upstream.ts";
import type { AppCall } from "./app-process.ts";
import { Pod } from "./pod.ts";
import { until } from "./until.ts";

/** As an upstream takes its time; so some calls are always under way. */
async function answering() {
  await sleep(20);
  return { status: 200, body: { verified: true, method: "sms" } };
}

/** Fulfils when that many more calls of the app were answered by the gateway at once. */
function answeredAtOnce({ app }: Pod, count: number): Promise<void> {
  const before = app.calls.length;
  return until(() => app.calls.slice(before).filter(({ tries }) => tries === 1).length >= count);
}

/** How often the upstream was asked for each call. */
function startsOf({ requests }: ScriptedUpstream, calls: readonly AppCall[]): readonly number[] {
  const starts = new Map<string | undefined, number>();
  for (const { path } of requests) {
    const userId = path.split("/").at(-2);
    starts.set(userId, (starts.get(userId) ?? 0) + 1);
  }
  return calls.map(({ userId }) => starts.get(userId) ?? 0);
}

test("from the startup probe to the end of the app after its SIGTERM, no call of it fails; then the sidecar ends with 0", async () => {
  const upstream = await startScriptedUpstream(answering);
  const pod = new Pod({ VERIGATE_UPSTREAM_URL: upstream.url, VERIGATE_LOG_LEVEL: "info" });
  await pod.startSidecar();
  pod.startApp();
  await answeredAtOnce(pod, 50);
  expect(await pod.app.stop()).toBe(0);
  expect(await pod.stopSidecar()).toBe(0);

  const { calls } = pod.app;
  expect(calls.filter(({ tries, answer }) => tries > 1 || answer !== "verified")).toEqual([]);
  expect(calls.some(({ isLast }) => isLast)).toBe(true);
  expect(startsOf(upstream, calls)).toEqual(calls.map(() => 1));
  // It had served all of them before it was told to end, and left nothing behind.
  const log = pod.log();
  expect(log.slice(0, log.indexOf("draining")).filter((message) => message === "rpc")).toHaveLength(calls.length);
  expect(log.at(-1)).toBe("stopped");
  expect(pod.hasSocket()).toBe(false);
});

test("a sidecar that is told to end and started again answers each call of the app, and carries out each once", async () => {
  const upstream = await startScriptedUpstream(answering);
  const pod = new Pod({ VERIGATE_UPSTREAM_URL: upstream.url });
  await pod.startSidecar();
  pod.startApp();
  await answeredAtOnce(pod, 50);
  expect(await pod.stopSidecar()).toBe(0);
  await pod.startSidecar();
  await answeredAtOnce(pod, 50);
  expect(await pod.app.stop()).toBe(0);

  const { calls } = pod.app;
  expect(calls.filter(({ answer }) => answer !== "verified")).toEqual([]);
  expect(startsOf(upstream, calls)).toEqual(calls.map(() => 1));
  expect(calls.some(({ tries }) => tries > 1)).toBe(true);
});

testWith(redisServer)(
  "after SIGKILL the sidecar's socket comes back, and with a shared store no guess is sent twice",
  { timeout: 60_000 },
  async () => {
    const upstream = await startScriptedUpstream(answering);
    const redis = await startRedis();
    const pod = new Pod({
      VERIGATE_UPSTREAM_URL: upstream.url,
      VERIGATE_REDIS_URL: redis.url,
      VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
      // Until this, the app's deadline and 5 s more are over, nobody knows whether the process that is gone still sends.
      VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "3s",
    });
    await pod.startSidecar();
    pod.startApp();
    await answeredAtOnce(pod, 50);
    const before = upstream.requests.length;
    upstream.react("hang");
    // All that the app does at a time is under way at the upstream.
    await until(() => upstream.requests.length - before >= 4);
    await pod.killSidecar();
    upstream.react(answering);
    expect(pod.hasSocket()).toBe(true);
    await pod.startSidecar();
    await answeredAtOnce(pod, 50);
    expect(await pod.app.stop()).toBe(0);

    const { calls } = pod.app;
    const lost = calls.filter(({ answer }) => answer !== "verified");
    expect(lost.map(({ answer }) => answer)).toEqual(Array(4).fill("OUTCOME_UNKNOWN"));
    expect(lost.every(({ tries }) => tries > 1)).toBe(true);
    expect(startsOf(upstream, calls)).toEqual(calls.map(() => 1));
  },
);
