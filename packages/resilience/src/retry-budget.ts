export interface RetryBudgetOptions {
  /** How many failures in a row stop all repeats: half of it. */
  readonly tokensMax: number;
  /** What one success gives back, in tokens; a failure takes one. */
  readonly tokenRatio: number;
}

/** Bounds repeats by what the upstream can take: they stop when most attempts fail. */
export interface RetryBudget {
  /** Whether one more repeat fits. */
  readonly allowsRepeat: boolean;
  /** What is left, from 0 to 1. */
  readonly ratio: number;
  onSuccess(): void;
  onFailure(): void;
}

/**
 * The token bucket of gRFC A6: failures take a token, successes give back a
 * fraction, and repeats happen only while more than half is left. During an
 * outage an upstream then gets about one attempt a call instead of several.
 */
export function createRetryBudget({ tokensMax, tokenRatio }: RetryBudgetOptions): RetryBudget {
  let tokens = tokensMax;
  return {
    get allowsRepeat() {
      return tokens > tokensMax / 2;
    },
    get ratio() {
      return tokens / tokensMax;
    },
    onSuccess() {
      tokens = Math.min(tokensMax, tokens + tokenRatio);
    },
    onFailure() {
      tokens = Math.max(0, tokens - 1);
    },
  };
}
