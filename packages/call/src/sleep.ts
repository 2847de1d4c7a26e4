import type { Clock } from "./clock.ts";

/** Fulfils no earlier than after `ms`, by `clock`. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(ms, resolve);
  });
}
