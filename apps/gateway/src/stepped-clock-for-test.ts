import type { Clock } from "@verigate/call";
import { vi } from "vitest";

/** For tests: a clock that stands still until it is advanced, together with the process's own, which opossum goes by. */
export interface SteppedClock extends Clock {
  /** Moves time, and lets everything happen that follows from each timer before the next one fires. */
  pass(ms: number): Promise<void>;
  /** Timers that are set and have neither fired nor been cancelled. */
  pendingTimers(): number;
}

interface SetTimer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Takes over the process's timers; vi.useRealTimers() gives them back. */
export function createSteppedClock(): SteppedClock {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  const timers = new Set<SetTimer>();

  function next(untilMs: number): SetTimer | undefined {
    return [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }

  return {
    nowMs: () => Date.now(),
    wallMs: () => Date.now(),
    setTimer(delayMs, fire) {
      // Date knows whole milliseconds only.
      const timer = { atMs: Date.now() + Math.ceil(Math.max(0, delayMs)), fire };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    async pass(ms) {
      const untilMs = Date.now() + ms;
      for (let timer = next(untilMs); timer !== undefined; timer = next(untilMs)) {
        timers.delete(timer);
        vi.advanceTimersByTime(timer.atMs - Date.now());
        timer.fire();
        await settle();
      }
      vi.advanceTimersByTime(untilMs - Date.now());
      await settle();
    },
    pendingTimers: () => timers.size,
  };
}

/** Lets everything happen that waits for no timer: streams hand on by ticks, so one turn is not enough. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
