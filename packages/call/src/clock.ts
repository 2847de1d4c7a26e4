/** A timer that has been set. Cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as the code that waits sees it; a test replaces it by one that stands
 * still until told.
 */
export interface Clock {
  /** Milliseconds of a clock that never goes back. Only differences mean anything. */
  nowMs(): number;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  wallMs(): number;
  /** Calls `fire` once, no earlier than after `delayMs`. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

/** The longest delay that Node takes for what it is, some 24 days. Longer ones, and Infinity, count as this. */
const timerMsMax = 2 ** 31 - 1;

/** The clock of the operating system. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  // Node cuts fractions off, and counts from a millisecond that has begun.
  setTimer: (delayMs, fire) => new SystemTimer(setTimeout(fire, Math.min(Math.ceil(delayMs) + 1, timerMsMax)).unref()),
};

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout;

  constructor(timeout: NodeJS.Timeout) {
    this.#timeout = timeout;
  }

  cancel(): void {
    clearTimeout(this.#timeout);
  }
}
