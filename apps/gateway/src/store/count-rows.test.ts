import fc from "fast-check";
import { expect, it } from "vitest";
import { createCountRows } from "./count-rows.ts";
import { slices } from "./limit-store.ts";

const windowMs = 3_200;
const sliceMs = windowMs / slices;

/** Counts of one subject. */
function countScene() {
  const rows = createCountRows();
  const count = rows.countOf("subject", windowMs);
  return {
    rows,
    sum: (nowMs: number) => rows.sum(count, nowMs),
    add: (nowMs: number) => rows.add(count, nowMs),
    remove: (endMs: number) => rows.remove(count, endMs),
  };
}

it("no event is left out before its window has passed, nor counted a slice after that", () => {
  const passing = fc.array(fc.tuple(fc.nat({ max: 1_500 }), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(passing, (steps) => {
      const the = countScene();
      const addedAtMs: number[] = [];
      let nowMs = 12_345;
      for (const [ms, isAdded] of steps) {
        nowMs += ms;
        if (isAdded) {
          the.add(nowMs);
          addedAtMs.push(nowMs);
        }
        const within = (lengthMs: number) => addedAtMs.filter((atMs) => nowMs < atMs + lengthMs).length;
        const { total, oldestEndsAtMs } = the.sum(nowMs);
        expect(total).toBeGreaterThanOrEqual(within(windowMs));
        expect(total).toBeLessThanOrEqual(within(windowMs + sliceMs));
        expect(oldestEndsAtMs).toBeGreaterThan(nowMs);
        expect(the.rows.size).toBeLessThanOrEqual(slices + 1);
      }
    }),
  );
});

it("when the oldest event is told to be over, it is", () => {
  const the = countScene();
  the.add(50);
  the.add(1_000);
  const { total, oldestEndsAtMs } = the.sum(1_000);

  expect([total, the.sum(oldestEndsAtMs - 1).total, the.sum(oldestEndsAtMs).total]).toEqual([2, 2, 1]);
});

it("what is taken out late takes nothing out of what came after", () => {
  const the = countScene();
  const endMs = the.add(0);
  const laterMs = windowMs + sliceMs;
  the.add(laterMs);
  the.remove(endMs);

  expect(the.sum(laterMs).total).toBe(1);
});

it("a subject that never rests has no more slices than its window", () => {
  const the = countScene();
  for (let nowMs = 0; nowMs < 100 * windowMs; nowMs += sliceMs / 2) {
    the.add(nowMs);
  }

  expect(the.rows.size).toBe(slices + 1);
});

it("a slice whose events are all taken out again is gone", () => {
  const the = countScene();
  const [first, second] = [the.add(10), the.add(20)];
  the.remove(first);
  expect([the.sum(30).total, the.rows.size]).toEqual([1, 1]);
  the.remove(second);

  expect([the.sum(30).total, the.rows.size]).toEqual([0, 0]);
});
