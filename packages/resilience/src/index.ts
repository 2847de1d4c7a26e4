export { type AttemptTimeoutOptions, attemptTimeout } from "./attempt-timeout.ts";
export { type BackoffOptions, createBackoff } from "./backoff.ts";
export { type BreakerState, type Breakers, type BreakersOptions, createBreakers } from "./breaker.ts";
export { type ConcurrencyLimit, type ConcurrencyLimitOptions, createConcurrencyLimit } from "./concurrency-limit.ts";
export { type RateLimitOptions, rateLimit } from "./rate-limit.ts";
export { type RetryOptions, retry } from "./retry.ts";
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";
export { type CreateTurns, createTurns, type TurnRate, type Turns } from "./turns.ts";
