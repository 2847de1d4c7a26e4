import { randomUUID } from "node:crypto";
import { createTestClock, type TestClock } from "@verigate/call/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LimitStore, LimitWindow, Settlement, WindowState } from "./limit-store.ts";
import { logAt, reservationOf, windowOf } from "./limit-store-for-test.ts";
import { createMemoryLimitStore } from "./memory-limit-store.ts";
import { type RedisForTest, skipsRedis, startRedisForTest } from "./redis-for-test.ts";
import { quietStoreAt, until } from "./redis-store-for-test.ts";
import type { Store } from "./store.ts";

type Subject = "a" | "b" | "c";
type Windows = Readonly<Record<Subject, readonly [LimitWindow, LimitWindow]>>;
type Happening =
  | { readonly type: "reserve"; readonly owner: string; readonly about: readonly Subject[] }
  | { readonly type: "settle"; readonly owner: string; readonly how: Settlement["how"] }
  | { readonly type: "pass"; readonly ms: number };

const subjects: readonly Subject[] = ["a", "b", "c"];

/** Of each subject two windows, the first of which a success empties. */
function windowsOf(unitMs: number): Windows {
  const pair = (max: number, units: number, longMax: number, longUnits: number) =>
    [windowOf(max, units * unitMs, { isClearable: true }), windowOf(longMax, longUnits * unitMs)] as const;
  return { a: pair(1, 1, 4, 60), b: pair(3, 1, 5, 5), c: pair(2, 7, 2, 9) };
}

const owner = fc.nat({ max: 4 }).map((number) => `owner ${number}`);
const reserving: fc.Arbitrary<Happening> = fc.record({
  type: fc.constant("reserve" as const),
  owner,
  about: fc.subarray([...subjects], { minLength: 1 }),
});
const settling: fc.Arbitrary<Happening> = fc.record({
  type: fc.constant("settle" as const),
  owner,
  how: fc.constantFrom("keep" as const, "give-back" as const, "clear" as const),
});
const passing: fc.Arbitrary<Happening> = fc.record({
  type: fc.constant("pass" as const),
  ms: fc.constantFrom(1, 499, 500, 999, 1_000, 3_333, 9_000, 60_000),
});

interface Counted {
  readonly subject: Subject;
  readonly atMs: number;
  /** Of the reservation, while it is not settled. */
  owner: string | undefined;
  isCleared: boolean;
}

/** What must come of it, in the simplest way: a list of all that was ever counted. */
class Model {
  readonly #windows: Windows;
  readonly #held = new Map<string, readonly Subject[]>();
  #counted: Counted[] = [];

  constructor(windows: Windows) {
    this.#windows = windows;
  }

  within(subject: Subject, { windowMs, isClearable }: LimitWindow, nowMs: number): number {
    return this.#counted.filter(
      (each) => each.subject === subject && nowMs < each.atMs + windowMs && !(isClearable && each.isCleared),
    ).length;
  }

  /** Of an event that is added now: behind all others of its subject. */
  #instant(subject: Subject, nowMs: number): number {
    const others = this.#counted.filter((each) => each.subject === subject).map(({ atMs }) => atMs + 1);
    return Math.max(nowMs, ...others);
  }

  /** How long until there is room for `more` events and another one, by looking at each moment at which one is over. */
  #waitMs(subject: Subject, window: LimitWindow, nowMs: number, more: number): number {
    const mineEndsMs = this.#instant(subject, nowMs) + window.windowMs;
    const ends = this.#counted.map(({ atMs }) => atMs + window.windowMs).filter((endMs) => endMs > nowMs);
    const moments = [nowMs, ...ends, mineEndsMs].sort((a, b) => a - b);
    const hasRoom = (atMs: number) => {
      const stillMore = atMs < mineEndsMs ? more : 0;
      return this.within(subject, window, atMs) + stillMore < window.max;
    };
    return (moments.find(hasRoom) ?? Number.NaN) - nowMs;
  }

  reserve(name: string, about: readonly Subject[], nowMs: number): { kind: string; states: WindowState[] } {
    const states = about.flatMap((subject) =>
      this.#windows[subject].map((window) => ({
        left: window.max - this.within(subject, window, nowMs),
        waitMs: this.#waitMs(subject, window, nowMs, 0),
        nextMs: this.#waitMs(subject, window, nowMs, 1),
      })),
    );
    const isHeld = this.#held.has(name);
    const isDenied = states.some(({ left }) => left === 0) && !isHeld;
    if (!isDenied && !isHeld) {
      this.#held.set(name, about);
      for (const subject of about) {
        this.#counted.push({ subject, atMs: this.#instant(subject, nowMs), owner: name, isCleared: false });
      }
    }
    return { kind: isDenied ? "denied" : "granted", states };
  }

  settle(name: string, how: Settlement["how"]): void {
    const about = this.#held.get(name) ?? [];
    this.#held.delete(name);
    if (how !== "keep") {
      this.#counted = this.#counted.filter((each) => each.owner !== name);
    }
    for (const each of this.#counted) {
      each.owner = each.owner === name ? undefined : each.owner;
      each.isCleared ||= how === "clear" && about.includes(each.subject);
    }
  }
}

interface Shown {
  readonly kind: string;
  readonly states?: readonly unknown[];
}

interface Agreement {
  readonly store: LimitStore;
  readonly windows: Windows;
  readonly clock: TestClock;
  /** What of a result is compared. */
  readonly shown: (result: Shown) => unknown;
}

async function agrees({ store, windows, clock, shown }: Agreement, happenings: readonly Happening[]): Promise<void> {
  const run = randomUUID();
  const model = new Model(windows);
  for (const happening of happenings) {
    switch (happening.type) {
      case "reserve": {
        const demands = happening.about.map((subject) => logAt(`${run} ${subject}`, ...windows[subject]));
        const result = await store.reserve(reservationOf(demands, { owner: `${run} ${happening.owner}` }));
        expect(shown(result)).toEqual(shown(model.reserve(happening.owner, happening.about, clock.nowMs())));
        break;
      }
      case "settle":
        await store.settle(`${run} ${happening.owner}`, { how: happening.how, tallies: [] });
        model.settle(happening.owner, happening.how);
        break;
      case "pass":
        clock.advance(happening.ms);
    }
    for (const subject of subjects) {
      for (const window of windows[subject]) {
        expect(model.within(subject, window, clock.nowMs())).toBeLessThanOrEqual(window.max);
      }
    }
  }
}

/** All that it says; but where there is no room, there is no next one either. */
function statesOf({ kind, states = [] }: Shown): unknown {
  const shown = (states.flat() as WindowState[]).map(({ left, waitMs, nextMs }) =>
    left === 0 ? { left, waitMs } : { left, waitMs, nextMs },
  );
  return [kind, ...shown];
}

/** What does not depend on the time. */
function leftOf({ kind, states = [] }: Shown): unknown {
  return [kind, ...states.flat().map((state) => (state as WindowState).left)];
}

describe("whatever is reserved, repeated, kept, given back and cleared, no window ever holds more than its max", () => {
  it("in memory, while time passes", async () => {
    const happening = fc.oneof(reserving, reserving, settling, passing);
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 80, size: "max" }), async (happenings) => {
        const clock = createTestClock();
        const store = createMemoryLimitStore({ clock, bytesMax: 10_000_000 });
        await agrees({ store, windows: windowsOf(1_000), clock, shown: statesOf }, happenings);
      }),
      { numRuns: 500 },
    );
  });

  describe.skipIf(skipsRedis)("in Redis", () => {
    let redis: RedisForTest;
    let shared: Store;

    beforeAll(async () => {
      redis = await startRedisForTest();
      shared = quietStoreAt(redis.url);
      await until(() => shared.isReachable);
    });
    afterAll(async () => {
      await shared?.close();
      await redis?.kill();
    });

    it("within windows of hours", async () => {
      const happening = fc.oneof(reserving, reserving, settling);
      await fc.assert(
        fc.asyncProperty(fc.array(happening, { maxLength: 40, size: "max" }), (happenings) =>
          agrees(
            { store: shared.limits, windows: windowsOf(3_600_000), clock: createTestClock(), shown: leftOf },
            happenings,
          ),
        ),
        { numRuns: 60 },
      );
    });
  });
});
