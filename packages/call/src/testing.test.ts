import { expect, it } from "vitest";
import { createTestClock } from "./testing.ts";

it("timers fire in the order in which they fall due, also those that are set on the way", () => {
  const clock = createTestClock();
  const fired: string[] = [];
  clock.setTimer(30, () => fired.push(`c at ${clock.nowMs()}`));
  clock.setTimer(10, () => {
    fired.push(`a at ${clock.nowMs()}`);
    clock.setTimer(5, () => fired.push(`b at ${clock.nowMs()}`));
  });
  clock.setTimer(20, () => fired.push("never")).cancel();

  clock.advance(30);

  expect(fired).toEqual(["a at 10", "b at 15", "c at 30"]);
  expect(clock.pendingTimers()).toBe(0);
});
