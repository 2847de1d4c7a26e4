import type { Clock } from "@verigate/call";

/** How fast turns are handed out, in milliseconds. */
export interface TurnRate {
  /** Between two turns. */
  readonly spacingMs: number;
  /** How far behind turns may fall and still be made up for: what fits in there comes at once. */
  readonly burstMs: number;
  /** The longest wait for a turn. */
  readonly waitMsMax: number;
}

/** Hands out turns, evenly spaced. */
export interface Turns {
  /**
   * Takes the next turn, and tells in how many milliseconds it is; 0 or less is
   * at once. Where that is more than the longest wait, no turn was taken. Never
   * rejects.
   */
  take(): Promise<number>;
}

/** Turns at a rate; who else takes from the same ones is the maker's business. */
export type CreateTurns = (rate: TurnRate) => Turns;

/** Turns of this process alone (the generic cell rate algorithm). */
export function createTurns(clock: Clock, { spacingMs, burstMs, waitMsMax }: TurnRate): Turns {
  let dueAtMs = Number.NEGATIVE_INFINITY;
  return {
    async take() {
      const nowMs = clock.nowMs();
      const mineAtMs = Math.max(dueAtMs, nowMs - burstMs);
      const waitMs = mineAtMs - nowMs;
      if (waitMs <= waitMsMax) {
        dueAtMs = mineAtMs + spacingMs;
      }
      return waitMs;
    },
  };
}
