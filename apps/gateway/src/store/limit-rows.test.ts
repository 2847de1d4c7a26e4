import fc from "fast-check";
import { expect, it } from "vitest";
import { createLimitRows } from "./limit-rows.ts";
import { rowKeyOf } from "./row-key.ts";

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("add" as const), key: fc.nat({ max: 60 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("drop" as const), key: fc.nat({ max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("sweep" as const), places: fc.nat({ max: 5_000 }) }) },
);

/** Keys of one home, most of them on one page, at the end of which some are put at its beginning. */
function crowdedKey(key: number) {
  return { high: key % 3 === 0 ? 2 ** 32 - 1 - key : 1 + key, low: 512 * key + 505 };
}

it("whatever is added, dropped and swept, each row is found by its key, and no other", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const rows = createLimitRows({ width: 2 });
      const model: { key: number; number: number }[] = [];
      let made = 0;
      for (const { type, ...given } of steps) {
        if (type === "add" && "key" in given) {
          made += 1;
          rows.add(crowdedKey(given.key), [made, -made]);
          model.push({ key: given.key, number: made });
        } else if (type === "drop" && "key" in given) {
          const [place] = rows.find(crowdedKey(given.key));
          if (place !== undefined) {
            const number = rows.get(place, 0);
            rows.drop(place);
            model.splice(
              model.findIndex((row) => row.number === number),
              1,
            );
          }
        } else if ("places" in given) {
          // The older half is over.
          const limit = made / 2;
          rows.sweep(given.places, limit);
          const left = new Set(model.flatMap(({ key }) => numbersOf(rows, key)));
          expect(model.filter(({ number }) => !left.has(number)).every(({ number }) => number <= limit)).toBe(true);
          model.splice(0, model.length, ...model.filter(({ number }) => left.has(number)));
        }
        expect(rows.size).toBe(model.length);
        for (const key of new Set(model.map((row) => row.key))) {
          const expected = model.filter((row) => row.key === key).map(({ number }) => number);
          expect(numbersOf(rows, key).sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
        }
      }
    }),
    { numRuns: 300 },
  );
});

function numbersOf(rows: ReturnType<typeof createLimitRows>, key: number): number[] {
  const places = rows.find(crowdedKey(key));
  expect(places.every((place) => rows.get(place, 1) === -rows.get(place, 0))).toBe(true);
  return places.map((place) => rows.get(place, 0));
}

it("a sweep over all places drops all that is over", () => {
  const rows = createLimitRows({ width: 1 });
  for (let number = 1; number <= 10_000; number += 1) {
    rows.add(rowKeyOf(String(number)), [number % 2 === 0 ? number : -number]);
  }
  rows.sweep(40_000, 5_000);

  expect(rows.size).toBe(5_000);
  expect(rows.read(rowKeyOf("5000"))).toEqual([]);
  expect(rows.read(rowKeyOf("5001"))).toEqual([-5_001]);
});

it("what a row more takes is told before, and rows that go make room for others", () => {
  const rows = createLimitRows({ width: 1 });
  const fill = () => {
    for (let number = 1; number <= 100_000; number += 1) {
      const key = rowKeyOf(String(number));
      const growth = rows.growthFor(key);
      const before = rows.bytes;
      rows.add(key, [number]);
      expect(rows.bytes > before).toBe(growth > 0);
    }
  };
  fill();
  const { bytes } = rows;
  expect(bytes).toBeLessThan(100_000 * 16 * 2.2);
  rows.sweep(1_000_000, 100_000);
  expect(rows.size).toBe(0);
  fill();

  expect(rows.bytes).toBe(bytes);
});

it("as many rows of one key as may be, and keys that have all in common, are found", () => {
  const rows = createLimitRows({ width: 1 });
  const [one, another] = [
    { high: 7, low: 7 },
    { high: 7, low: 8 },
  ];
  for (let number = 1; number <= 250; number += 1) {
    rows.add(one, [number]);
    rows.add(another, [-number]);
  }

  expect(rows.read(one)).toHaveLength(250);
  expect(rows.read(another).every((number) => number < 0)).toBe(true);
});

it("600 rows of one key are as many as a page holds, at once: the others are refused before, and beside them goes all on", () => {
  const rows = createLimitRows({ width: 1 });
  const [one, another] = [rowKeyOf("one"), rowKeyOf("another")];
  let added = 0;
  for (let number = 1; number <= 600; number += 1) {
    if (Number.isFinite(rows.growthFor(one))) {
      rows.add(one, [number]);
      added += 1;
    }
  }

  expect([added, rows.read(one).length, rows.read(another)]).toEqual([511, 511, []]);
  expect(() => rows.add(one, [600])).toThrow("nothing tells apart");
  expect(rows.bytes).toBeLessThan(30_000);
  for (let number = 1; number <= 1_000; number += 1) {
    rows.add(rowKeyOf(`other ${number}`), [number]);
  }
  rows.add(another, [1]);
  expect([rows.read(one).length, rows.read(another).length, rows.size]).toEqual([511, 1, 1_512]);
  // Somewhere between one and the others, pages were split until they were apart.
  expect(rows.bytes).toBeLessThan(200_000);
});

it("half a million keys of one kind have half a million numbers that stand for them", () => {
  const numbers = new Set<string>();
  for (let index = 0; index < 500_000; index += 1) {
    const { high, low } = rowKeyOf(`guesses:${index.toString(36)}`);
    numbers.add(`${high} ${low}`);
  }

  expect(numbers.size).toBe(500_000);
});
