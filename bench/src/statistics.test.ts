import { describe, expect, it } from "vitest";
import { median, medianInterval, percentile, spread } from "./statistics.ts";

describe("median", () => {
  it.each([
    { values: [3], expected: 3 },
    { values: [9, 1, 5], expected: 5 },
    { values: [4, 1, 3, 2], expected: 2.5 },
    { values: [10, 9, 1], expected: 9 },
  ])("of $values is $expected", ({ values, expected }) => {
    expect(median(values)).toBe(expected);
  });

  it("of nothing does not exist", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    { share: 50, values: hundred, expected: 50 },
    { share: 99, values: hundred, expected: 99 },
    { share: 100, values: hundred, expected: 100 },
    { share: 99, values: [7, 3], expected: 7 },
    { share: 0, values: [7, 3], expected: 3 },
  ])("$share of $values.length values is $expected", ({ share, values, expected }) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it("of nothing does not exist", () => {
    expect(() => percentile([], 50)).toThrow(RangeError);
  });
});

it("a spread leaves its values as they were", () => {
  const values = [2, 3, 1];
  expect(spread(values)).toEqual({ median: 2, min: 1, max: 3 });
  expect(values).toEqual([2, 3, 1]);
});

describe("medianInterval", () => {
  it.each([
    { count: 4, expected: undefined },
    { count: 5, expected: { low: 1, high: 5 } },
    { count: 7, expected: { low: 1, high: 7 } },
    // 1 - 2 * (1 + 8) / 2 ** 8 = 0.93
    { count: 8, expected: { low: 2, high: 7 } },
    // 1 - 2 * (1 + 11 + 55) / 2 ** 11 = 0.93
    { count: 11, expected: { low: 3, high: 9 } },
  ])("of $count values takes no less than 90 % confidence", ({ count, expected }) => {
    const values = Array.from({ length: count }, (_, index) => count - index);
    expect(medianInterval(values)).toEqual(expected);
  });
});
