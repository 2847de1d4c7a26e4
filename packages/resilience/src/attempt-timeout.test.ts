import type { Exchange } from "@verigate/call";
import { attemptOf, createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { attemptTimeout } from "./attempt-timeout.ts";
import { answerOf } from "./scripted.ts";

const timeoutMs = { safe: 1_500, "unsent-only": 15_000 };

it.each([
  ["safe", "directory", 1_500],
  ["unsent-only", "authentication", 15_000],
  ["safe", "list", 10_000],
] as const)(
  "a %s attempt of class %s is given up after its own time, and not before",
  async (retry, operationClass, ms) => {
    const clock = createTestClock();
    const gaveUp: string[] = [];
    const hanging: Exchange = ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener("abort", () => {
          gaveUp.push(retry);
          reject(new Error("given up"));
        });
      });
    const result = attemptTimeout({ clock, timeoutMs, listTimeoutMs: 10_000 })(hanging)(
      attemptOf({ retry, operationClass }),
    );
    const settled = expect(result).rejects.toThrow("given up");

    clock.advance(ms - 1);
    expect(gaveUp).toEqual([]);
    clock.advance(1);
    expect(gaveUp).toEqual([retry]);
    await settled;
  },
);

it("an attempt that ends leaves no timer behind", async () => {
  const clock = createTestClock();

  await attemptTimeout({ clock, timeoutMs, listTimeoutMs: 10_000 })(async () => answerOf(200))(attemptOf());
  await expect(
    attemptTimeout({ clock, timeoutMs, listTimeoutMs: 10_000 })(async () => {
      throw new Error("no");
    })(attemptOf()),
  ).rejects.toThrow("no");

  expect(clock.pendingTimers()).toBe(0);
});
