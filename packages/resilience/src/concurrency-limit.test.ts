import { createProgress, type OperationClass } from "@verigate/call";
import { attemptOf, createTestClock } from "@verigate/call/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createConcurrencyLimit } from "./concurrency-limit.ts";
import { createScripted, outcomeOf, settle } from "./scripted.ts";

function scene(total: number, waitingMax = 100) {
  const clock = createTestClock();
  const scripted = createScripted();
  const refused: string[] = [];
  const limit = createConcurrencyLimit({
    clock,
    total,
    waitingMax,
    waitMsMax: 1_000,
    onRefused: (operationClass, reason) => refused.push(`${operationClass} ${reason}`),
  });
  const exchange = limit.layer(scripted.exchange);
  const start = (operationClass: OperationClass, given = {}) =>
    outcomeOf(exchange(attemptOf({ operationClass, ...given })));
  const open = (operationClass?: OperationClass) =>
    scripted.open.filter(({ attempt }) => operationClass === undefined || attempt.operationClass === operationClass)
      .length;
  return { clock, scripted, refused, limit, start, open };
}

it("lists get two slots and the directory half, so that authentication always has the other half", () => {
  const { start, open } = scene(8);
  for (let each = 0; each < 20; each += 1) {
    void start("list");
    void start("directory");
  }
  expect([open("list"), open("directory"), open("authentication")]).toEqual([2, 2, 0]);
  for (let each = 0; each < 20; each += 1) {
    void start("authentication");
  }
  expect([open("list"), open("directory"), open("authentication")]).toEqual([2, 2, 4]);
});

it("authentication gets three quarters, so that a hanging one leaves the directory its slots", () => {
  const { start, open } = scene(8);
  for (let each = 0; each < 20; each += 1) {
    void start("authentication");
  }
  void start("directory");
  void start("directory");
  void start("directory");

  expect([open("authentication"), open("directory")]).toEqual([6, 2]);
});

it("who waits gets a slot in the order of coming", async () => {
  const { scripted, start, open } = scene(3);
  const outcomes = [start("authentication"), start("authentication"), start("authentication"), start("authentication")];
  expect(open()).toBe(2);
  scripted.open[0]?.end(201);
  expect(await outcomes[0]).toBe("201");
  await settle();
  expect(open()).toBe(2);
  scripted.open[1]?.end(203);
  expect(await outcomes[2]).toBe("203");
});

it("a full queue refuses at once, and a wait that takes too long ends", async () => {
  const { clock, scripted, start } = scene(1, 2);
  void start("authentication");
  const waiting = [start("authentication"), start("authentication")];

  expect(await start("authentication")).toBe("overloaded");
  clock.advance(1_000);
  expect(await Promise.all(waiting)).toEqual(["overloaded", "overloaded"]);
  expect(scripted.started()).toBe(1);
  expect(clock.pendingTimers()).toBe(0);
});

it("a caller who left a quarter of the slots behind gets one at a time, half of them none, and others get the rest", async () => {
  const { scripted, start } = scene(16);
  const leaver = () => createProgress("leaver");
  const leave = (count: number) => {
    for (let each = 0; each < count; each += 1) {
      const progress = leaver();
      void start("authentication", { progress });
      progress.isAbandoned = true;
    }
  };
  leave(4);
  const waited = leaver();
  void start("authentication", { progress: waited });
  expect(scripted.started()).toBe(5);
  expect(await start("authentication", { progress: leaver() })).toBe("overloaded");

  waited.isAbandoned = true;
  leave(3);
  expect(scripted.started()).toBe(8);
  expect(await start("authentication", { progress: leaver() })).toBe("overloaded");
  void start("authentication", { progress: createProgress("other") });
  void start("directory", { progress: leaver() });
  expect(scripted.started()).toBe(10);
  scripted.open[0]?.end(200);
  await settle();
  void start("authentication", { progress: leaver() });
  expect(scripted.started()).toBe(11);
});

it("who left makes room in a full queue", async () => {
  const { start } = scene(1, 1);
  void start("authentication");
  const gone = createProgress();
  const first = start("authentication", { progress: gone });
  gone.isAbandoned = true;
  void start("authentication");

  expect(await first).toBe("cancelled");
  expect(await start("authentication")).toBe("overloaded");
});

it("who left while waiting is passed over", async () => {
  const { scripted, start } = scene(1);
  const gone = attemptOf();
  void start("authentication");
  const first = start("authentication", { progress: gone.progress });
  const second = start("authentication");
  gone.progress.isAbandoned = true;
  scripted.open[0]?.end(200);

  expect(await first).toBe("cancelled");
  await settle();
  scripted.open[0]?.end(202);
  expect(await second).toBe("202");
  expect(scripted.started()).toBe(2);
});

it("says why it refused: a full queue, a wait that was too long, a caller who keeps leaving", async () => {
  const { clock, refused, start } = scene(8, 1);
  for (let each = 0; each < 7; each += 1) {
    void start("directory");
  }
  expect(refused).toEqual(["directory queue_full", "directory queue_full"]);
  clock.advance(1_000);
  await settle();
  expect(refused.slice(2)).toEqual(["directory queue_timeout"]);

  for (let each = 0; each < 5; each += 1) {
    const progress = createProgress("leaver");
    void start("authentication", { progress });
    progress.isAbandoned = true;
  }
  await settle();
  expect(refused.slice(3)).toEqual(["authentication orphans"]);
});

it("says how many are in flight and how many wait, by class", async () => {
  const { scripted, limit, start } = scene(4);
  for (let each = 0; each < 3; each += 1) {
    void start("list");
  }
  void start("authentication");
  const figures = () =>
    (["authentication", "directory", "list"] as const).map((each) => [limit.inFlight(each), limit.waiting(each)]);

  expect(figures()).toEqual([
    [1, 0],
    [0, 0],
    [2, 1],
  ]);
  scripted.open[0]?.end(200);
  await settle();
  expect(figures()[2]).toEqual([2, 0]);
  for (const { end } of [...scripted.open]) {
    end(200);
  }
  await settle();
  expect(figures().flat()).toEqual([0, 0, 0, 0, 0, 0]);
});

it("whatever happens, the bounds hold, and nobody waits while there is room", async () => {
  const classes = fc.constantFrom<OperationClass>("authentication", "directory", "list");
  const step = fc.oneof(
    fc.record({ start: classes, isGone: fc.boolean() }),
    fc.record({ end: fc.nat(20) }),
    fc.record({ advance: fc.nat(1_500) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 60 }), async (total, steps) => {
      const { clock, scripted, start, open } = scene(total, 5);
      const outcomes: Promise<string>[] = [];
      for (const each of steps) {
        if ("start" in each) {
          const { progress } = attemptOf();
          progress.isAbandoned = each.isGone;
          outcomes.push(start(each.start, { progress }));
        } else if ("end" in each) {
          scripted.open[each.end % Math.max(1, scripted.open.length)]?.end(200);
        } else {
          clock.advance(each.advance);
        }
        await settle();
        const others = Math.max(1, Math.floor(total / 2));
        expect(open()).toBeLessThanOrEqual(total);
        expect(open("directory") + open("list")).toBeLessThanOrEqual(others);
        expect(open("list")).toBeLessThanOrEqual(2);
      }
      for (let rounds = 0; rounds < 200 && scripted.open.length > 0; rounds += 1) {
        scripted.open[0]?.end(200);
        await settle();
      }
      for (const outcome of await Promise.all(outcomes)) {
        expect(["200", "overloaded", "cancelled"]).toContain(outcome);
      }
      expect(clock.pendingTimers()).toBe(0);
    }),
    { numRuns: 50 },
  );
});
