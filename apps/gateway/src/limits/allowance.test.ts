import { expect, it } from "vitest";
import { textFromAllowance } from "./allowance.ts";

it.each([
  [{ max: 5, windowMs: 600_000 }, "5/10m"],
  [{ max: 20, windowMs: 86_400_000 }, "20/24h"],
  [{ max: 1, windowMs: 90_000 }, "1/90s"],
  [{ max: 1, windowMs: 1_500 }, "1/1500ms"],
])("%j is written as %s", (allowance, text) => {
  expect(textFromAllowance(allowance)).toBe(text);
});
