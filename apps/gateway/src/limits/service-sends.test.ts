import { expect, it } from "vitest";
import { thresholdReached } from "./service-sends.ts";

it.each([
  [
    10,
    [
      [5, 50],
      [8, 80],
      [10, 100],
    ],
  ],
  [
    3,
    [
      [2, 50],
      [3, 100],
    ],
  ],
  [1, [[1, 100]]],
])("of %i PINs, thresholds are reached once each", (max, expected) => {
  const reached = Array.from({ length: max + 2 }, (_, before) => {
    const threshold = thresholdReached(max, { left: Math.max(0, max - before), waitMs: 0, nextMs: 0 });
    return [before + 1, threshold];
  }).filter(([, threshold]) => threshold !== undefined);

  expect(reached).toEqual(expected);
});
