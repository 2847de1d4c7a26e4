import { expect, it } from "vitest";
import { inFlight } from "./in-flight.ts";

it("makes each call once, and never more of them at a time than told", async () => {
  const numbers: number[] = [];
  let running = 0;
  let most = 0;
  await inFlight(50, 4, async (number) => {
    numbers.push(number);
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  });
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, number) => number));
  expect(most).toBe(4);
});

it("one call that fails makes all fail", async () => {
  const failing = inFlight(50, 4, async (number) => {
    if (number === 20) {
      throw new Error("answered wrongly");
    }
  });
  await expect(failing).rejects.toThrow("answered wrongly");
});
