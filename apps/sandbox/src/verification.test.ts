import { expect, it } from "vitest";
import { randomPin } from "./verification.ts";

it("PINs are six digits, leading zeros among them", () => {
  const pins = Array.from({ length: 1_000 }, randomPin);
  expect(pins.filter((pin) => !/^\d{6}$/.test(pin))).toEqual([]);
  expect(pins.some((pin) => pin.startsWith("0"))).toBe(true);
});
