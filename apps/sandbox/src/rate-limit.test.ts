import { expect, it } from "vitest";
import { createClock } from "./clock.ts";
import { createRateLimit } from "./rate-limit.ts";

it("each source has its own count per second", () => {
  const rateLimit = createRateLimit(createClock(() => 0));
  expect(["a", "a", "b"].map((source) => rateLimit.admits(source, 1))).toEqual([true, false, true]);
});

it("a second holds 10,000 sources; one more is not admitted, a known one still is", () => {
  const clock = createClock(() => 0);
  const rateLimit = createRateLimit(clock);
  for (let index = 0; index < 10_000; index += 1) rateLimit.admits(`${index}`, 2);
  expect([rateLimit.admits("more", 2), rateLimit.admits("0", 2)]).toEqual([false, true]);
  clock.advance(1);
  expect(rateLimit.admits("more", 2)).toBe(true);
});
