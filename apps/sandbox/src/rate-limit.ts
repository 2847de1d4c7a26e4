import type { Clock } from "./clock.ts";

const sourcesMax = 10_000;

/** Counts requests per source address and second. */
export interface RateLimit {
  /** Counts one request; false where it is over `requestsPerSecond`. 0 admits all. */
  admits(source: string, requestsPerSecond: number): boolean;
}

/** Creates a rate limit over the clock's whole seconds. It holds one second's sources, 10,000 at most; more are not admitted. */
export function createRateLimit(clock: Clock): RateLimit {
  const counts = new Map<string, number>();
  let countedSecond = 0;
  return {
    admits(source, requestsPerSecond) {
      if (requestsPerSecond === 0) return true;
      const second = Math.floor(clock.now() / 1_000);
      if (second !== countedSecond) {
        counts.clear();
        countedSecond = second;
      }
      const count = (counts.get(source) ?? 0) + 1;
      if (count > requestsPerSecond || (count === 1 && counts.size >= sourcesMax)) return false;
      counts.set(source, count);
      return true;
    },
  };
}
