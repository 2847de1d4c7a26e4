export { type AttemptTimeoutOptions, attemptTimeout } from "./attempt-timeout.ts";
