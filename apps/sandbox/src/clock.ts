const offsetSecondsMax = 100 * 365 * 24 * 60 * 60;

/** The sandbox's own time: the machine's, plus what it was advanced by. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves the clock forward. False, and nothing moves, where it would pass 100 years in all. */
  advance(seconds: number): boolean;
  /** Back to the machine's time. */
  reset(): void;
}

/** Creates a clock on top of `machineNow`, which answers milliseconds since the epoch. */
export function createClock(machineNow: () => number): Clock {
  let offsetSeconds = 0;
  return {
    now: () => machineNow() + offsetSeconds * 1_000,
    advance(seconds) {
      if (offsetSeconds + seconds > offsetSecondsMax) return false;
      offsetSeconds += seconds;
      return true;
    },
    reset() {
      offsetSeconds = 0;
    },
  };
}

/** RFC 3339 with milliseconds and Z, as the documentation writes `ctime`. */
export function timestampFromMs(ms: number): string {
  return new Date(ms).toISOString();
}
