import { expect, it } from "vitest";
import { hasExpired, maskedTestNumber } from "./test-numbers.ts";

const number = { phoneNumber: "+37255500001", lastDay: "2026-12-31" };

it.each([
  ["2026-12-31T23:59:59.999Z", false],
  ["2027-01-01T00:00:00.000Z", true],
])("at %s it has expired: %s", (instant, isOver) => {
  expect(hasExpired(number, { wallMs: () => Date.parse(instant) })).toBe(isOver);
});

it("is shown without most of its digits", () => {
  expect(maskedTestNumber(number)).toBe("+372*****01@2026-12-31");
});
