import { expect, it } from "vitest";
import { phoneFromNumber } from "./phone.ts";

it.each([
  ["+447911123456", "+447911123456"],
  ["+4407911123456", "+447911123456"],
  ["+49015112345678", "+4915112345678"],
  ["+37255555555", "+37255555555"],
  ["+883510000000", "+883510000000"],
  ["+9991234567", "+9991234567"],
])("%s reaches %s", (text, number) => {
  expect(phoneFromNumber(text).number).toBe(number);
});
