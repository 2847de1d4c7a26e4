import { type Clock, Fault, type FaultKind, stack } from "@verigate/call";
import { attemptOf } from "@verigate/call/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createBreaker, createBreakers } from "./breaker.ts";
import { createScripted, outcomeOf } from "./scripted.ts";

// opossum reads Date and sets timers by itself, so here the process's own clock stands still.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const clock: Clock = {
  nowMs: () => Date.now(),
  wallMs: () => Date.now(),
  setTimer(ms, fire) {
    const timer = setTimeout(fire, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

function scene(errorPercent = 50) {
  const scripted = createScripted();
  const told: string[] = [];
  const breaker = createBreaker({
    clock,
    errorPercent,
    callsMin: 20,
    windowMs: 10_000,
    openMs: 5_000,
    onOpen: () => told.push("open"),
    onRefused: () => told.push("refused"),
  });
  const exchange = stack([breaker.refuseWhileOpen, breaker.record], scripted.exchange);
  const start = () => outcomeOf(exchange(attemptOf()));
  const call = async (how: number | FaultKind) => {
    const before = scripted.started();
    const outcome = start();
    if (scripted.started() > before) {
      scripted.open.at(-1)?.end(how);
    }
    return outcome;
  };
  const calls = async (count: number, how: number | FaultKind) => {
    const outcomes: string[] = [];
    for (let each = 0; each < count; each += 1) {
      outcomes.push(await call(how));
    }
    return outcomes;
  };
  return { scripted, breaker, told, start, call, calls };
}

const failures = [500, 503, "upstream-unreachable", "upstream-failed", "outcome-unknown"] as const;
const neutral = [400, 401, 403, 404, 409, 422, 429, "cancelled", "overloaded", "upstream-bad-response"] as const;

it.each(failures)("opens after 20 calls of which half ended as %s, and then refuses without sending", async (how) => {
  const { scripted, calls, call } = scene();
  await calls(10, 200);
  await calls(10, how);

  expect(await call(200)).toBe("upstream-circuit-open");
  expect(scripted.started()).toBe(20);
});

it.each(neutral)("%s neither opens it nor dilutes what does", async (how) => {
  const { calls, call } = scene();
  await calls(100, how);
  expect(await call(200)).toBe("200");
  await calls(9, 200);
  await calls(10, 500);

  expect(await call(200)).toBe("upstream-circuit-open");
});

it("stays closed below the share, below the number of calls, and where failures are older than the window", async () => {
  const few = scene();
  await few.calls(19, 500);
  expect(await few.call(200)).toBe("200");

  const mostlyFine = scene();
  await mostlyFine.calls(21, 200);
  await mostlyFine.calls(19, 500);
  expect(await mostlyFine.call(200)).toBe("200");

  const old = scene();
  await old.calls(19, 500);
  vi.advanceTimersByTime(11_000);
  await old.calls(1, 500);
  expect(await old.call(200)).toBe("200");
});

it("half-open admits exactly one probe, whose success closes it", async () => {
  const { scripted, start, call, calls } = scene();
  await calls(20, 500);
  vi.advanceTimersByTime(4_999);
  expect(await call(200)).toBe("upstream-circuit-open");
  vi.advanceTimersByTime(1);
  const probe = start();
  expect(scripted.started()).toBe(21);
  expect(await calls(5, 200)).toEqual(Array(5).fill("upstream-circuit-open"));
  scripted.open[0]?.end(200);

  expect(await probe).toBe("200");
  expect(await call(200)).toBe("200");
});

it.each([500, 404, 429, "cancelled", "overloaded"] as const)("a probe that ends as %s opens it again", async (how) => {
  const { call, calls } = scene();
  await calls(20, 500);
  vi.advanceTimersByTime(5_000);
  expect(await call(how)).toBe(String(how));
  expect(await call(200)).toBe("upstream-circuit-open");
  vi.advanceTimersByTime(5_000);

  expect(await call(200)).toBe("200");
});

it("a probe that is refused before it asked the upstream leaves its place to the next one", async () => {
  const { breaker, scripted, calls } = scene();
  await calls(20, 500);
  vi.advanceTimersByTime(5_000);
  let isFull = true;
  const exchange = breaker.refuseWhileOpen((attempt) =>
    isFull ? Promise.reject(new Fault("overloaded")) : breaker.record(scripted.exchange)(attempt),
  );

  await expect(exchange(attemptOf())).rejects.toMatchObject({ kind: "overloaded" });
  isFull = false;
  const probe = exchange(attemptOf());

  expect(scripted.started()).toBe(21);
  scripted.open[0]?.end(200);
  expect((await probe).status).toBe(200);
});

it.each([200, 500] as const)("a straggler that ends as %s while it is half-open decides nothing", async (how) => {
  const { scripted, start, call, calls } = scene();
  const straggler = start();
  const end = scripted.open[0]?.end;
  await calls(20, 500);
  vi.advanceTimersByTime(5_000);
  const probe = start();
  end?.(how);
  expect(await straggler).toBe(String(how));
  expect(await call(200)).toBe("upstream-circuit-open");
  scripted.open[0]?.end(200);
  await probe;

  expect(await call(200)).toBe("200");
});

it("a probe that hangs makes room for another after the time for which it would be open", async () => {
  const { scripted, start, call, calls } = scene();
  await calls(20, 500);
  vi.advanceTimersByTime(5_000);
  const hanging = start();
  vi.advanceTimersByTime(4_999);
  expect(await call(200)).toBe("upstream-circuit-open");
  vi.advanceTimersByTime(1);
  expect(await call(200)).toBe("200");
  scripted.open[0]?.end("outcome-unknown");
  expect(await hanging).toBe("outcome-unknown");

  expect(await call(200)).toBe("200");
});

it("failures of long ago that newer successes have overtaken do not open it", async () => {
  const { scripted, start, call, calls } = scene();
  const hanging = Array.from({ length: 30 }, start);
  vi.advanceTimersByTime(5_001);
  await calls(1, 200);
  for (const { end } of [...scripted.open]) {
    end("outcome-unknown");
  }
  await Promise.all(hanging);

  expect(await call(200)).toBe("200");
});

it("failures of long ago that nothing has overtaken open it", async () => {
  const { scripted, start, call } = scene();
  const hanging = Array.from({ length: 30 }, start);
  vi.advanceTimersByTime(15_000);
  for (const { end } of [...scripted.open]) {
    end("outcome-unknown");
  }
  await Promise.all(hanging);

  expect(await call(200)).toBe("upstream-circuit-open");
});

it("a refusal says how long it stays open", async () => {
  const scripted = createScripted();
  const breaker = createBreaker({ clock, errorPercent: 50, callsMin: 1, windowMs: 10_000, openMs: 5_000 });
  const exchange = stack([breaker.refuseWhileOpen, breaker.record], scripted.exchange);
  const failing = exchange(attemptOf());
  scripted.open[0]?.end(500);
  await failing;
  vi.advanceTimersByTime(2_000);

  await expect(exchange(attemptOf())).rejects.toMatchObject({ kind: "upstream-circuit-open", retryAfterMs: 3_000 });
});

it("says in which state it is, each time it opens, and of each attempt that it refuses", async () => {
  const { breaker, told, scripted, start, call, calls } = scene();
  expect(breaker.state).toBe("closed");
  await calls(20, 500);
  expect([breaker.state, told]).toEqual(["open", ["open"]]);
  await call(200);
  expect(told.splice(0)).toEqual(["open", "refused"]);

  vi.advanceTimersByTime(5_000);
  expect(breaker.state).toBe("half_open");
  await call(500);
  expect([breaker.state, told.splice(0)]).toEqual(["open", ["open"]]);

  vi.advanceTimersByTime(5_000);
  const probe = start();
  await call(200);
  expect(told.splice(0)).toEqual(["refused"]);
  scripted.open[0]?.end(200);
  await probe;
  expect([breaker.state, told]).toEqual(["closed", []]);
});

it("says which class's breaker it was", async () => {
  const scripted = createScripted();
  const told: string[] = [];
  const breakers = createBreakers({
    clock,
    errorPercent: 50,
    callsMin: 1,
    windowMs: 10_000,
    openMs: 5_000,
    onOpen: (operationClass) => told.push(`${operationClass} opened`),
    onRefused: (operationClass) => told.push(`${operationClass} refused`),
  });
  const exchange = stack([breakers.refuseWhileOpen, breakers.record], scripted.exchange);
  const failing = exchange(attemptOf({ operationClass: "list" }));
  scripted.open[0]?.end(500);
  await failing;
  await outcomeOf(exchange(attemptOf({ operationClass: "list" })));

  expect(told).toEqual(["list opened", "list refused"]);
  expect([breakers.stateOf("list"), breakers.stateOf("directory")]).toEqual(["open", "closed"]);
});

it("trouble of one class of operations does not stop another", async () => {
  const scripted = createScripted();
  const breakers = createBreakers({ clock, errorPercent: 50, callsMin: 1, windowMs: 10_000, openMs: 5_000 });
  const exchange = stack([breakers.refuseWhileOpen, breakers.record], scripted.exchange);
  const failing = exchange(attemptOf({ operationClass: "directory" }));
  scripted.open[0]?.end(500);
  await failing;

  expect(await outcomeOf(exchange(attemptOf({ operationClass: "directory" })))).toBe("upstream-circuit-open");
  const login = outcomeOf(exchange(attemptOf({ operationClass: "authentication" })));
  scripted.open[0]?.end(200);
  expect(await login).toBe("200");
});

it("0 percent turns it off", async () => {
  const { calls, call } = scene(0);
  await calls(100, 500);

  expect(await call(200)).toBe("200");
});
