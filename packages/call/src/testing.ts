import type { Attempt } from "./attempt.ts";
import { type Call, createProgress } from "./call.ts";
import type { Clock } from "./clock.ts";

/** A clock that stands still until it is advanced. */
export interface TestClock extends Clock {
  /** Moves time by `ms`, and fires what falls due on the way, in order. */
  advance(ms: number): void;
  /** How many timers are set and have neither fired nor been cancelled. */
  pendingTimers(): number;
}

export function createTestClock(): TestClock {
  let nowMs = 0;
  const timers = new Set<{ atMs: number; fire: () => void }>();
  return {
    nowMs: () => nowMs,
    wallMs: () => Date.UTC(2024, 0, 1) + nowMs,
    setTimer(delayMs, fire) {
      const timer = { atMs: nowMs + Math.max(0, delayMs), fire };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        const due = [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (due === undefined) {
          break;
        }
        timers.delete(due);
        nowMs = due.atMs;
        due.fire();
      }
      nowMs = untilMs;
    },
    pendingTimers: () => timers.size,
  };
}

/** A call over gRPC, as plain as can be. */
export function callOf(given: Partial<Call> = {}): Call {
  return {
    service: "",
    method: "",
    isStreaming: false,
    protocol: "grpc",
    headers: {},
    peer: { listener: "", isUnix: false },
    startedAtMs: 0,
    onDeparture: () => {},
    progress: createProgress(),
    ...given,
  };
}

/** A safe attempt, as plain as can be. */
export function attemptOf(given: Partial<Attempt> = {}): Attempt {
  return {
    operation: "GetUser",
    operationClass: "directory",
    retry: "safe",
    method: "GET",
    path: "/",
    pathTemplate: "/",
    headers: {},
    body: undefined,
    answerBytesMax: 1_000,
    progress: createProgress(),
    ...given,
  };
}
