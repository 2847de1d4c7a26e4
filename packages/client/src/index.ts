export { Code, ConnectError } from "@connectrpc/connect";
export {
  AuthMethod,
  type EndUser,
  ErrorReason,
  type InitiateAuthResponse,
  NextStep,
  type Service,
  ThrottledBy,
  type User,
  VerifyFailure,
  type VerifyPinResponse,
} from "@verigate/contract";
export type { ApiClient, CallOptions } from "./api-client.ts";
export type { BearerToken } from "./bearer-token.ts";
export type { Protocol, TlsOptions, VerigateClientOptions } from "./client-options.ts";
export { type FieldViolation, fieldViolations, isNotFound, nextStepOf, reasonOf } from "./error-reason.ts";
export { isOutcomeUnknown } from "./outcome.ts";
export { isRateLimited, isThrottled, retryAfterMs } from "./throttling.ts";
export { createVerigateClient, type VerigateClient } from "./verigate-client.ts";
