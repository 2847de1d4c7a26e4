import { type Attempt, type Clock, type Exchange, Fault, sleep } from "@verigate/call";
import type { CreateTurns } from "./turns.ts";

export interface RateLimitOptions {
  readonly clock: Clock;
  /** Attempts per second; 0 is no limit. */
  readonly perSecond: number;
  /** The longest that an attempt waits for its turn, in milliseconds. */
  readonly waitMsMax: number;
  /** Makes the turns: of this process alone, or shared with others. */
  readonly createTurns: CreateTurns;
  /** Told of each attempt that has to wait for its turn, as it begins to. */
  readonly onWait?: (waitMs: number) => void;
  /** Told of each attempt that would have to wait too long. */
  readonly onRefused?: (attempt: Attempt) => void;
}

/** What fits in this time is let through at once, in milliseconds. */
const burstMs = 100;

/**
 * Smooths attempts to a rate, so that a burst waits a moment here instead of
 * being refused by the upstream, which counts per address. It lets through what
 * fits in a tenth of a second at once, spaces the rest evenly, and refuses as
 * `overloaded` what would wait too long.
 */
export function rateLimit(options: RateLimitOptions): (next: Exchange) => Exchange {
  const { clock, perSecond, waitMsMax, onWait, onRefused } = options;
  if (perSecond === 0) {
    return (next) => next;
  }
  const turns = options.createTurns({ spacingMs: 1_000 / perSecond, burstMs, waitMsMax });
  return (next) => async (attempt) => {
    const waitMs = await turns.take();
    if (waitMs > waitMsMax) {
      onRefused?.(attempt);
      throw new Fault("overloaded", { retryAfterMs: waitMs });
    }
    if (waitMs > 0) {
      onWait?.(waitMs);
      await sleep(clock, waitMs);
    }
    // It may have taken a while also where the turn was at once.
    if (attempt.progress.isAbandoned) {
      throw new Fault("cancelled");
    }
    return next(attempt);
  };
}
