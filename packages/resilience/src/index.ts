export { type AttemptTimeoutOptions, attemptTimeout } from "./attempt-timeout.ts";
export { type BackoffOptions, createBackoff } from "./backoff.ts";
export { type Breaker, type BreakerOptions, createBreakers } from "./breaker.ts";
export { type ConcurrencyLimitOptions, concurrencyLimit } from "./concurrency-limit.ts";
export { type RateLimitOptions, rateLimit } from "./rate-limit.ts";
export { type RetryOptions, retry } from "./retry.ts";
export { createRetryBudget, type RetryBudget, type RetryBudgetOptions } from "./retry-budget.ts";
