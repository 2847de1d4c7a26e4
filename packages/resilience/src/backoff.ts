export interface BackoffOptions {
  /** The longest wait before the first repeat, in milliseconds. */
  readonly baseMs: number;
  /** The longest wait of all, in milliseconds. */
  readonly maxMs: number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** How long to wait before a repeat, in milliseconds; `repeat` counts from 1. */
export type Backoff = (repeat: number) => number;

/**
 * Exponential backoff with full jitter: anything from nothing to a bound that
 * doubles. Callers that failed together then don't come back together.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function createBackoff({ baseMs, maxMs, random }: BackoffOptions): Backoff {
  return (repeat) => random() * Math.min(maxMs, baseMs * 2 ** (repeat - 1));
}
