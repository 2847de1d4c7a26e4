import type { AttemptSignal, Clock, Exchange, RetryClass } from "@verigate/call";

export interface AttemptTimeoutOptions {
  readonly clock: Clock;
  /**
   * How long one attempt may take in all, in milliseconds, by its retry class.
   * Short for a safe one, which can be tried again within the caller's deadline;
   * long for an unsent-only one, where giving up early only makes unknown outcomes.
   */
  readonly timeoutMs: Readonly<Record<RetryClass, number>>;
  /** The same for lists, which are as long as a service has users. */
  readonly listTimeoutMs: number;
}

/**
 * Gives an attempt up when its time has passed, whatever the upstream does. It
 * does not look at the caller: an attempt that was started runs to its answer or
 * to this bound even if nobody waits any more, so that its outcome gets known.
 */
export function attemptTimeout({
  clock,
  timeoutMs,
  listTimeoutMs,
}: AttemptTimeoutOptions): (next: Exchange) => Exchange {
  return (next) => (attempt) => {
    const signal = new TimeOutSignal();
    attempt.progress.attemptedAtMs = clock.nowMs();
    const ms = attempt.operationClass === "list" ? listTimeoutMs : timeoutMs[attempt.retry];
    const timer = clock.setTimer(ms, () => signal.abort());
    return next({ ...attempt, signal }).then(
      (answer) => {
        timer.cancel();
        return answer;
      },
      (error) => {
        timer.cancel();
        throw error;
      },
    );
  };
}

/** Has one listener, which is whoever sends the attempt. */
class TimeOutSignal implements AttemptSignal {
  aborted = false;
  #listener: (() => void) | undefined;

  addEventListener(_: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(): void {
    this.#listener = undefined;
  }

  abort(): void {
    this.aborted = true;
    this.#listener?.();
  }
}
