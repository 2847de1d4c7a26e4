import fc from "fast-check";
import { expect, it } from "vitest";
import { slices } from "./limit-store.ts";
import { createSlicedCount, emptySum } from "./sliced-count.ts";

const windowMs = 3_200;
const sliceMs = windowMs / slices;

it("no event is left out before its window has passed, nor counted a slice after that", () => {
  const passing = fc.array(fc.tuple(fc.nat({ max: 1_500 }), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(passing, (steps) => {
      const count = createSlicedCount(windowMs);
      const addedAtMs: number[] = [];
      let nowMs = 12_345;
      for (const [ms, isAdded] of steps) {
        nowMs += ms;
        if (isAdded) {
          count.add(nowMs);
          addedAtMs.push(nowMs);
        }
        const within = (lengthMs: number) => addedAtMs.filter((atMs) => nowMs < atMs + lengthMs).length;
        const { total, oldestEndsAtMs } = count.sum(nowMs);
        expect(total).toBeGreaterThanOrEqual(within(windowMs));
        expect(total).toBeLessThanOrEqual(within(windowMs + sliceMs));
        expect(oldestEndsAtMs).toBeGreaterThan(nowMs);
      }
    }),
  );
});

it("when the oldest event is told to be over, it is", () => {
  const count = createSlicedCount(windowMs);
  count.add(50);
  count.add(1_000);
  const { total, oldestEndsAtMs } = count.sum(1_000);

  expect([total, count.sum(oldestEndsAtMs - 1).total, count.sum(oldestEndsAtMs).total]).toEqual([2, 2, 1]);
});

it("what is taken out late takes nothing out of what came after", () => {
  const count = createSlicedCount(windowMs);
  const slice = count.add(0);
  const laterMs = windowMs + sliceMs;
  count.add(laterMs);
  count.remove(slice);

  expect(count.sum(laterMs).total).toBe(1);
});

it("where nothing was counted, the sum is that of an empty count", () => {
  expect(emptySum(windowMs, 5_050)).toEqual(createSlicedCount(windowMs).sum(5_050));
});
