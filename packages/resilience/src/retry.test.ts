import type { Answer, FaultKind } from "@verigate/call";
import { attemptOf, createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { createBackoff } from "./backoff.ts";
import { retry } from "./retry.ts";
import { createRetryBudget } from "./retry-budget.ts";
import { answerOf, createScripted, outcomeOf, settle } from "./scripted.ts";

function scene(tokensMax = 100) {
  const clock = createTestClock();
  const scripted = createScripted();
  const told: string[] = [];
  const layer = retry({
    clock,
    attemptsMax: 3,
    onRepeat: ({ operation }, reason) => told.push(`${operation} repeated after ${reason}`),
    onDenied: ({ operation }, reason) => told.push(`${operation} not repeated: ${reason}`),
    backoff: createBackoff({ baseMs: 50, maxMs: 1_000, random: () => 0.5 }),
    budgets: {
      authentication: createRetryBudget({ tokensMax, tokenRatio: 0.1 }),
      directory: createRetryBudget({ tokensMax, tokenRatio: 0.1 }),
      list: createRetryBudget({ tokensMax, tokenRatio: 0.1 }),
    },
  });
  /** Ends the attempt that is open, and lets the wait after it pass. */
  const end = async (how: number | FaultKind | Answer, waitMs = 1_000) => {
    scripted.open[0]?.end(how);
    await settle();
    clock.advance(waitMs);
    await settle();
  };
  return { clock, scripted, told, exchange: layer(scripted.exchange), end };
}

const unsafe = { retry: "unsent-only", method: "PUT" } as const;

it.each([500, 503, "upstream-failed", "upstream-unreachable"] as const)(
  "a safe attempt is repeated after %s, three times in all",
  async (failure) => {
    const { scripted, exchange, end } = scene();
    const outcome = outcomeOf(exchange(attemptOf()));
    await end(failure);
    await end(failure);
    await end(failure);

    expect(await outcome).toBe(String(failure));
    expect(scripted.started()).toBe(3);
  },
);

it.each([500, 503, "outcome-unknown", "upstream-bad-response", 400, 401, 404] as const)(
  "an attempt that is not safe to repeat is never sent again after %s",
  async (failure) => {
    const { scripted, exchange, end } = scene();
    const outcome = outcomeOf(exchange(attemptOf(unsafe)));
    await end(failure);

    expect(await outcome).toBe(String(failure));
    expect(scripted.started()).toBe(1);
  },
);

it("an attempt that is not safe to repeat is repeated where nothing of it was sent", async () => {
  const { scripted, exchange, end } = scene();
  const outcome = outcomeOf(exchange(attemptOf(unsafe)));
  await end("upstream-unreachable");
  await end(200);

  expect(await outcome).toBe("200");
  expect(scripted.started()).toBe(2);
});

it("after 429 an attempt that is not safe to repeat is repeated once, and its outcome is not open in between", async () => {
  const { scripted, exchange, end } = scene();
  const attempt = attemptOf(unsafe);
  attempt.progress.isOutcomeOpen = true;
  const outcome = outcomeOf(exchange(attempt));
  scripted.open[0]?.end(429);
  await settle();
  expect(attempt.progress.isOutcomeOpen).toBe(false);
  await end(429);
  await end(429);

  expect(await outcome).toBe("429");
  expect(scripted.started()).toBe(2);
});

it.each(["overloaded", "upstream-circuit-open", "cancelled", "gateway-bug"] as const)(
  "what was refused by ourselves as %s is not repeated",
  async (refusal) => {
    const { scripted, exchange, end } = scene();
    const outcome = outcomeOf(exchange(attemptOf()));
    await end(refusal);

    expect(await outcome).toBe(refusal);
    expect(scripted.started()).toBe(1);
  },
);

it.each(["overloaded", "upstream-circuit-open"] as const)(
  "a repeat that is refused here as %s does not hide that the first attempt was sent",
  async (refusal) => {
    const { exchange, end } = scene();
    const outcome = outcomeOf(exchange(attemptOf({ method: "DELETE" })));
    await end("upstream-failed");
    await end(refusal);

    expect(await outcome).toBe("upstream-failed");
  },
);

it("the wait is the one that Retry-After asks for, and else grows", async () => {
  const { clock, scripted, exchange } = scene();
  const outcome = outcomeOf(exchange(attemptOf()));
  scripted.open[0]?.end(answerOf(503, { "retry-after": "7" }));
  await settle();
  clock.advance(6_999);
  await settle();
  expect(scripted.started()).toBe(1);
  clock.advance(1);
  await settle();
  expect(scripted.started()).toBe(2);

  scripted.open[0]?.end(500);
  await settle();
  clock.advance(49);
  await settle();
  expect(scripted.started()).toBe(2);
  clock.advance(1);
  await settle();
  expect(scripted.started()).toBe(3);
  scripted.open[0]?.end(200);
  expect(await outcome).toBe("200");
});

it("a wait that would pass the deadline is not begun: the caller gets the answer at once", async () => {
  const { scripted, exchange, end } = scene();
  const attempt = attemptOf();
  attempt.progress.deadlineAtMs = 5_000;
  const outcome = outcomeOf(exchange(attempt));
  await end(answerOf(429, { "retry-after": "5" }), 0);

  expect(await outcome).toBe("429");
  expect(scripted.started()).toBe(1);
});

it("with less than 20 ms left, or nobody waiting, nothing is sent", async () => {
  const { scripted, exchange } = scene();
  const late = attemptOf();
  late.progress.deadlineAtMs = 19;
  const gone = attemptOf();
  gone.progress.isAbandoned = true;

  expect(await outcomeOf(exchange(late))).toBe("deadline-exceeded");
  expect(await outcomeOf(exchange(gone))).toBe("deadline-exceeded");
  expect(scripted.started()).toBe(0);
});

it("a caller who leaves during the wait gets no further attempt", async () => {
  const { scripted, exchange, end } = scene();
  const attempt = attemptOf();
  const outcome = outcomeOf(exchange(attempt));
  scripted.open[0]?.end(500);
  await settle();
  attempt.progress.isAbandoned = true;
  await end(200);

  expect(await outcome).toBe("500");
  expect(scripted.started()).toBe(1);
});

it.each([
  ["upstream-failed", true],
  [500, true],
  ["upstream-unreachable", false],
  [429, false],
] as const)("after %s it is noted whether an answer was lost: %s", async (first, isAnswerLost) => {
  const { exchange, end } = scene();
  const attempt = attemptOf({ method: "DELETE" });
  const answer = exchange(attempt);
  await end(first);
  await end(404);

  expect((await answer).status).toBe(404);
  expect(attempt.progress.isAnswerLost).toBe(isAnswerLost);
});

it("repeats stop when most attempts fail, and come back with successes", async () => {
  const { scripted, exchange, end } = scene(4);
  const call = async (how: number) => {
    const before = scripted.started();
    const outcome = outcomeOf(exchange(attemptOf()));
    while (scripted.open.length > 0) {
      await end(how);
    }
    await outcome;
    return scripted.started() - before;
  };

  expect(await call(500)).toBe(2);
  expect(await call(500)).toBe(1);
  for (let success = 0; success < 40; success += 1) {
    expect(await call(200)).toBe(1);
  }
  expect(await call(500)).toBe(2);
});

it.each([
  [500, "server_error"],
  ["upstream-failed", "lost"],
  ["upstream-unreachable", "unreachable"],
  [429, "rate_limited"],
] as const)("a repeat after %s is told as it begins: %s", async (failure, reason) => {
  const { clock, scripted, told, exchange } = scene();
  const outcome = outcomeOf(exchange(attemptOf()));
  scripted.open[0]?.end(failure);
  await settle();
  expect(told).toEqual([]);
  clock.advance(1_000);
  await settle();
  expect(told).toEqual([`GetUser repeated after ${reason}`]);
  scripted.open[0]?.end(200);

  expect(await outcome).toBe("200");
  expect(told).toHaveLength(1);
});

it("that no time is left for a due repeat is told", async () => {
  const { told, exchange, end } = scene();
  const attempt = attemptOf();
  attempt.progress.deadlineAtMs = 40;
  const outcome = outcomeOf(exchange(attempt));
  await end(500);

  expect(await outcome).toBe("500");
  expect(told).toEqual(["GetUser not repeated: deadline"]);
});

it("that the budget is exhausted is told", async () => {
  const { told, exchange, end } = scene(2);
  const outcome = outcomeOf(exchange(attemptOf()));
  await end(500);

  expect(await outcome).toBe("500");
  expect(told).toEqual(["GetUser not repeated: budget"]);
});

it("where no repeat was due, none is told of", async () => {
  const { scripted, told, exchange, end } = scene(2);
  const outcomes = [
    outcomeOf(exchange(attemptOf(unsafe))),
    outcomeOf(exchange(attemptOf())),
    outcomeOf(exchange(attemptOf())),
  ];
  await end(500);
  await end(404);
  await end("overloaded");
  await Promise.all(outcomes);
  expect([scripted.started(), told]).toEqual([3, []]);
});

it("the last of the attempts is not told as one that was denied", async () => {
  const { told, exchange, end } = scene();
  const outcome = outcomeOf(exchange(attemptOf()));
  await end(500);
  await end(500);
  await end(500);
  await outcome;

  expect(told).toEqual(["GetUser repeated after server_error", "GetUser repeated after server_error"]);
});

it("a caller who leaves during the wait is told of as nothing", async () => {
  const { clock, scripted, told, exchange } = scene();
  const attempt = attemptOf();
  const outcome = outcomeOf(exchange(attempt));
  scripted.open[0]?.end(500);
  await settle();
  attempt.progress.isAbandoned = true;
  clock.advance(1_000);
  await outcome;

  expect(told).toEqual([]);
});

it("a budget says what is left of it", () => {
  const budget = createRetryBudget({ tokensMax: 10, tokenRatio: 0.5 });
  expect(budget.ratio).toBe(1);
  budget.onFailure();
  budget.onFailure();
  expect(budget.ratio).toBe(0.8);
  budget.onSuccess();
  expect(budget.ratio).toBe(0.85);
});
