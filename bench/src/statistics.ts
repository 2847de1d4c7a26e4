/** The middle of some figures, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value in the middle; of an even number of values, the mean of the two. Throws on none. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) {
    throw new RangeError("no values have no median");
  }
  return (lower + upper) / 2;
}

/** Median, least and greatest of `values`. Throws on none. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The least value that at least `share` percent of all don't exceed (nearest rank). Throws on none. */
export function percentile(values: readonly number[], share: number): number {
  const value = ascending(values)[Math.max(0, Math.ceil((share / 100) * values.length) - 1)];
  if (value === undefined) {
    throw new RangeError("no values have no percentiles");
  }
  return value;
}

/** Where a true median lies. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const confidence = 0.9;

/**
 * Where the true median lies with a confidence of at least 90 %, whatever the
 * distribution: between two order statistics, by the binomial distribution. Of
 * five values these are the least and the greatest (94 %). Undefined for fewer
 * than five: then not even those are sure enough.
 */
export function medianInterval(values: readonly number[]): Interval | undefined {
  const sorted = ascending(values);
  const count = sorted.length;
  let interval: Interval | undefined;
  let ways = 1;
  let outside = 0;
  for (let left = 0; left < count / 2; left++) {
    outside += ways / 2 ** count;
    const low = sorted[left];
    const high = sorted[count - 1 - left];
    if (low === undefined || high === undefined || 1 - 2 * outside < confidence) {
      break;
    }
    interval = { low, high };
    ways = (ways * (count - left)) / (left + 1);
  }
  return interval;
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
