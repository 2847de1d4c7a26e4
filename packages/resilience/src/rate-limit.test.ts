import { attemptOf, createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { rateLimit } from "./rate-limit.ts";
import { createScripted, outcomeOf, settle } from "./scripted.ts";
import { createTurns, type TurnRate } from "./turns.ts";

function scene(perSecond: number) {
  const clock = createTestClock();
  const scripted = createScripted();
  const layer = rateLimit({ clock, perSecond, waitMsMax: 1_000, createTurns: (rate) => createTurns(clock, rate) });
  const exchange = layer(scripted.exchange);
  return { clock, scripted, start: (given = {}) => outcomeOf(exchange(attemptOf(given))) };
}

/** A limit whose turns come when, and as, the test says. */
function scriptedScene() {
  const clock = createTestClock();
  const scripted = createScripted();
  const rates: TurnRate[] = [];
  const asked: ((waitMs: number) => void)[] = [];
  const told: string[] = [];
  const layer = rateLimit({
    clock,
    perSecond: 50,
    waitMsMax: 1_000,
    createTurns(rate) {
      rates.push(rate);
      return { take: () => new Promise((resolve) => asked.push(resolve)) };
    },
    onWait: (waitMs) => told.push(`waits ${waitMs}`),
    onRefused: ({ operation }) => told.push(`refuses ${operation}`),
  });
  const exchange = layer(scripted.exchange);
  return { clock, scripted, rates, asked, told, start: (given = {}) => outcomeOf(exchange(attemptOf(given))) };
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

it("what is refused takes no turn from those who come later", async () => {
  const { clock, scripted, start } = scene(1);
  void start();
  void start();
  for (let each = 0; each < 10; each += 1) {
    expect(await start()).toBe("overloaded");
  }
  clock.advance(1_000);
  void start();
  await settle();
  clock.advance(1_000);
  await settle();

  expect(scripted.started()).toBe(3);
});

it("who left while waiting sends nothing", async () => {
  const { clock, scripted, start } = scene(1);
  void start();
  const { progress } = attemptOf();
  const outcome = start({ progress });
  await settle();
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

it("asks for turns at its rate, one for each attempt, and sends nothing before it has one", async () => {
  const { clock, scripted, rates, asked, start } = scriptedScene();
  void start();
  void start();
  await settle();
  expect(rates).toEqual([{ spacingMs: 20, burstMs: 100, waitMsMax: 1_000 }]);
  expect([asked.length, scripted.started()]).toEqual([2, 0]);

  asked[0]?.(-100);
  asked[1]?.(20);
  await settle();
  expect(scripted.started()).toBe(1);
  clock.advance(19);
  await settle();
  expect(scripted.started()).toBe(1);
  clock.advance(1);
  await settle();
  expect(scripted.started()).toBe(2);
});

it("waits as long as it may, and refuses what is later, whoever hands out the turns", async () => {
  const { clock, scripted, asked, told, start } = scriptedScene();
  const [latest, tooLate] = [start(), start()];
  asked[0]?.(1_000);
  asked[1]?.(1_001);
  expect(await tooLate).toBe("overloaded");
  clock.advance(1_000);
  await settle();
  scripted.open[0]?.end(200);

  expect(await latest).toBe("200");
  expect(scripted.started()).toBe(1);
  expect(told).toEqual(["waits 1000", "refuses GetUser"]);
});

it("tells nobody of a turn that was at once", async () => {
  const { scripted, asked, told, start } = scriptedScene();
  void start();
  asked[0]?.(0);
  await settle();

  expect([scripted.started(), told]).toEqual([1, []]);
});

it("who left while a turn was asked for sends nothing", async () => {
  const { scripted, asked, start } = scriptedScene();
  const { progress } = attemptOf();
  const outcome = start({ progress });
  progress.isAbandoned = true;
  asked[0]?.(-100);

  expect(await outcome).toBe("cancelled");
  expect(scripted.started()).toBe(0);
});
