import { expect, it } from "vitest";
import { systemClock } from "./clock.ts";

it("the system's timers never fire early, also where the delay is no whole number of milliseconds", async () => {
  const delaysMs = Array.from({ length: 200 }, (_, index) => 5 + index / 200);
  const early = await Promise.all(
    delaysMs.map((delayMs) => {
      const setAtMs = systemClock.nowMs();
      return new Promise<number>((resolve) => {
        systemClock.setTimer(delayMs, () => resolve(setAtMs + delayMs - systemClock.nowMs()));
        // Keeps the process waiting, which the clock's own timers do not.
        setTimeout(() => {}, 20);
      });
    }),
  );
  expect(Math.max(...early)).toBeLessThanOrEqual(0);
});
