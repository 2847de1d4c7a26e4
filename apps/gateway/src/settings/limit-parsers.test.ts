import { expect, it } from "vitest";
import { createLimitRows } from "../store/limit-rows.ts";
import { rowKeyOf } from "../store/row-key.ts";
import { allowancesOf, countryFrom, testNumberFrom } from "./limit-parsers.ts";

const two = allowancesOf(2);

it.each([
  ["0", []],
  ["5/10m", [{ max: 5, windowMs: 600_000 }]],
  [
    "5/10m, 20/24h",
    [
      { max: 5, windowMs: 600_000 },
      { max: 20, windowMs: 86_400_000 },
    ],
  ],
])("%s is read", (text, allowances) => {
  expect(two(text)).toEqual(allowances);
});

it.each([
  "5",
  "5/",
  "/10m",
  "5/10",
  "0/10m",
  "5/0s",
  "5/25h",
  "401/1h",
  "5/10m/1",
  "-5/10m",
  "five/10m",
  "5/10m,",
  "",
  "5/500ms",
])("%j is a mistake", (text) => {
  expect(() => two(text)).toThrow(/is not a number from 1 to 400 in a time from 1s to 24h/);
});

it("as many events as may be allowed are kept of one subject, and of the store's page they leave some", () => {
  const [{ max } = expect.unreachable()] = two("400/24h");
  const rows = createLimitRows({ width: 1 });
  for (let number = 1; number <= max; number += 1) {
    rows.add(rowKeyOf("subject"), [number]);
  }

  expect(rows.read(rowKeyOf("subject"))).toHaveLength(400);
  expect(rows.growthFor(rowKeyOf("subject"))).toBe(0);
});

it.each(["20/24h,5/10m", "5/10m,5/24h", "5/10m,20/10m", "20/10m,5/24h"])("%s is in no order", (text) => {
  expect(() => two(text)).toThrow("must have the larger limit behind, over the longer time");
});

it("there are no more limits than there may be", () => {
  expect(() => two("1/1m,2/2m,3/3m")).toThrow("more than 2 limits");
  expect(() => allowancesOf(1)("1/1m,2/2m")).toThrow("more than one limit");
});

it.each(["EU", "UK", "ee", "EST", "", "ZZ"])("%j is no country's code", (text) => {
  expect(() => countryFrom(text)).toThrow("is not the code of a country");
});

it("a test number has a last day", () => {
  expect(testNumberFrom("+37255500001@2026-12-31")).toEqual({ phoneNumber: "+37255500001", lastDay: "2026-12-31" });
});

it.each([
  "+37255500001",
  "+37255500001@",
  "+37255500001@2026-02-30",
  "+37255500001@31.12.2026",
  "37255500001@2026-12-31",
  "+372 55500001@2026-12-31",
  "@2026-12-31",
])("%j is a mistake that does not quote the number", (text) => {
  expect(() => testNumberFrom(text)).toThrow(
    /^each must be a phone number and its last day, such as \+37255500001@2026-12-31$/,
  );
});
