import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { rateLimit } from "./rate-limit.ts";
import { attemptOf, createScripted, outcomeOf, settle } from "./scripted.ts";

function scene(perSecond: number) {
  const clock = createTestClock();
  const scripted = createScripted();
  const exchange = rateLimit({ clock, perSecond, waitMsMax: 1_000 })(scripted.exchange);
  return { clock, scripted, start: (given = {}) => outcomeOf(exchange(attemptOf(given))) };
}

it("never lets through more than the rate and a tenth of a second's burst, and wastes none of it", async () => {
  const { clock, scripted, start } = scene(100);
  for (let each = 0; each < 60; each += 1) {
    void start();
  }
  await settle();
  expect(scripted.started()).toBe(11);
  for (let ms = 10; ms <= 300; ms += 10) {
    clock.advance(10);
    await settle();
    expect(scripted.started()).toBe(11 + ms / 10);
  }
});

it("what would wait too long is refused, and told how long", async () => {
  const { clock, start } = scene(1);
  void start();
  void start();
  expect(await start()).toBe("overloaded");
  clock.advance(1_000);
  void start();
  expect(await start()).toBe("overloaded");
});

it("who left while waiting sends nothing", async () => {
  const { clock, scripted, start } = scene(1);
  void start();
  const { progress } = attemptOf();
  const outcome = start({ progress });
  progress.isAbandoned = true;
  clock.advance(1_000);

  expect(await outcome).toBe("cancelled");
  expect(scripted.started()).toBe(1);
});

it("0 is no limit", async () => {
  const { scripted, start } = scene(0);
  for (let each = 0; each < 1_000; each += 1) {
    void start();
  }

  expect(scripted.started()).toBe(1_000);
});
