import { type Clock, type Exchange, Fault, sleep } from "@verigate/call";

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Attempts per second; 0 is no limit. */
  readonly perSecond: number;
  /** The longest that an attempt waits for its turn, in milliseconds. */
  readonly waitMsMax: number;
}

/**
 * Smooths attempts to a rate, so that a burst waits a moment here instead of
 * being refused by the upstream, which counts per address. It lets through what
 * fits in a tenth of a second at once, spaces the rest evenly, and refuses as
 * `overloaded` what would wait too long (the generic cell rate algorithm).
 */
export function rateLimit({ clock, perSecond, waitMsMax }: RateLimitOptions): (next: Exchange) => Exchange {
  if (perSecond === 0) {
    return (next) => next;
  }
  const spacingMs = 1_000 / perSecond;
  const burstMs = 100;
  let dueAtMs = Number.NEGATIVE_INFINITY;
  return (next) => async (attempt) => {
    const nowMs = clock.nowMs();
    const mineAtMs = Math.max(dueAtMs, nowMs - burstMs);
    const waitMs = mineAtMs - nowMs;
    if (waitMs > waitMsMax) {
      throw new Fault("overloaded", { retryAfterMs: waitMs });
    }
    dueAtMs = mineAtMs + spacingMs;
    if (waitMs > 0) {
      await sleep(clock, waitMs);
      if (attempt.progress.isAbandoned) {
        throw new Fault("cancelled");
      }
    }
    return next(attempt);
  };
}
