import { intentsInRound } from "./intent.ts";

/** How long and how hard a scenario is, and the settings of its gateway. */
export interface Pace {
  /** Calls per second. */
  readonly rate: number;
  /** Of each call, in milliseconds. */
  readonly deadlineMs: number;
  readonly healthyMs: number;
  readonly faultMs: number;
  readonly recoveryMs: number;
  /**
   * One breaker interval, in milliseconds: an attempt that began before the end of the fault, how long the breaker
   * stays open after it, and until each kind of call has come.
   */
  readonly recoveryMsMax: number;
  /** Whether lateness and recovery decide; not where other work on the same machine would decide instead. */
  readonly isJudgedByTime: boolean;
  /** How long the slow upstream waits between two bytes: an answer takes longer than any attempt may. */
  readonly slowByteMs: number;
  /** What differs from the defaults. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Calls at 200 per second would run into the smoothing of 150, and the limits of
 * PINs would refuse a second SMS by themselves: neither is what is looked at.
 */
const unlimited = {
  VERIGATE_UPSTREAM_RPS: "0",
  VERIGATE_LIMIT_GUESSES: "0",
  VERIGATE_LIMIT_SEND_COOLDOWN: "0",
  VERIGATE_LIMIT_SENDS: "0",
  VERIGATE_PUMPING: "off",
};

/** A sixth healthy, then fault and recovery by halves; the settings at their defaults. */
export function longPace(seconds: number, rate: number): Pace {
  const ms = seconds * 1_000;
  return {
    rate,
    deadlineMs: 3_000,
    healthyMs: ms / 6,
    faultMs: (ms / 12) * 5,
    recoveryMs: (ms / 12) * 5,
    // VERIGATE_ATTEMPT_TIMEOUT and VERIGATE_BREAKER_OPEN.
    recoveryMsMax: 1_500 + 5_000 + Math.ceil((intentsInRound / rate) * 1_000),
    isJudgedByTime: true,
    slowByteMs: 250,
    env: unlimited,
  };
}

/** A few seconds, for CI: everything that waits waits less, and what is bounded is reached sooner. */
export const shortPace: Pace = {
  rate: 100,
  deadlineMs: 1_000,
  healthyMs: 500,
  faultMs: 2_000,
  recoveryMs: 500,
  recoveryMsMax: 500 + 700,
  isJudgedByTime: false,
  slowByteMs: 60,
  env: {
    ...unlimited,
    VERIGATE_ATTEMPT_TIMEOUT: "700ms",
    VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "2500ms",
    VERIGATE_UPSTREAM_CONCURRENCY: "32",
    VERIGATE_BREAKER_MIN_CALLS: "10",
    VERIGATE_BREAKER_WINDOW: "1s",
    VERIGATE_BREAKER_OPEN: "500ms",
  },
};
