import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { after, type Eventual, systemClock } from "@verigate/call";
import { describeError, type LogFields } from "@verigate/telemetry";
import { onTestFinished } from "vitest";
import type { Claim } from "./claim-store.ts";
import { type RedisForTest, startRedisForTest } from "./redis-for-test.ts";
import { createRedisStore } from "./redis-store.ts";
import type { Store } from "./store.ts";

/** So long that it doesn't pass where nothing is wrong, on a machine that is busy with other tests. */
const longTimeoutMs = 600;

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

export interface StoreForTest {
  readonly store: Store;
  /** What it logged. */
  readonly lines: readonly LogLine[];
  /** What its observer heard: `claim`, `claim failed`, `flushed`. */
  readonly heard: readonly string[];
}

/** For tests: a store that nobody listens to. The caller closes it. */
export function quietStoreAt(url: URL): Store {
  const [logger, observer] = [{ log: () => {} }, { storeCommand() {}, storeFlushed() {} }];
  return createRedisStore({
    url,
    commandTimeoutMs: longTimeoutMs,
    waitReplicas: 0,
    clock: systemClock,
    logger,
    observer,
  });
}

/** For tests: a store that ends with the test. */
export function storeAt(url: URL, waitReplicas = 0): StoreForTest {
  const lines: LogLine[] = [];
  const heard: string[] = [];
  const store = createRedisStore({
    url,
    commandTimeoutMs: longTimeoutMs,
    waitReplicas,
    clock: systemClock,
    logger: { log: (level, message, fields) => lines.push({ level, message, ...fields }) },
    observer: {
      storeCommand: (command, _durationMs, isFailed) => heard.push(isFailed ? `${command} failed` : command),
      storeFlushed: () => heard.push("flushed"),
    },
  });
  onTestFinished(() => store.close());
  return { store, lines, heard };
}

/** For tests: a server that ends with the test. */
export async function redisFor(options: readonly string[] = [], port?: number): Promise<RedisForTest> {
  const redis = await startRedisForTest(options, port);
  onTestFinished(() => redis.kill());
  return redis;
}

/** A claim of a name that no other test has. */
export function newClaim(): Claim {
  return { names: [{ name: randomUUID(), payload: "p" }], owner: randomUUID(), keptMs: 60_000, caller: "caller" };
}

/** Another call of the same request_id. */
export function twinOf(claim: Claim): Claim {
  return { ...claim, owner: randomUUID() };
}

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await setImmediate();
  }
}

/** Why it failed, as a log would say it. */
export async function causeOf(ending: Eventual<unknown>): Promise<string | undefined> {
  return await after(ending, () => "it succeeded", describeError);
}
