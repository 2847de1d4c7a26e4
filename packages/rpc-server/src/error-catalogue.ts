import { Code } from "@connectrpc/connect";
import type { FaultKind } from "@verigate/call";
import { ErrorReason, NextStep } from "@verigate/contract";

/** How a kind of fault looks to a caller. */
export interface ErrorEntry {
  readonly code: Code;
  readonly reason: ErrorReason;
  readonly next: NextStep;
  /** For people; a fault's own public message goes before it. */
  readonly message: string;
}

/**
 * What callers see of each kind of fault. It is the contract's error table, and
 * docs/errors.md is generated from it.
 *
 * UNAVAILABLE and CANCELLED mean "safe to try again" to gRPC libraries and to
 * some meshes (AIP-194), so no kind has them that can follow a request which is
 * not safe to repeat and may have reached the upstream.
 */
export const errorCatalogue: Readonly<Record<FaultKind, ErrorEntry>> = {
  "invalid-request": {
    code: Code.InvalidArgument,
    reason: ErrorReason.INVALID_REQUEST,
    next: NextStep.FIX_REQUEST,
    message: "the request breaks a rule of the contract",
  },
  "request-unsupported": {
    code: Code.Unimplemented,
    reason: ErrorReason.INVALID_REQUEST,
    next: NextStep.FIX_REQUEST,
    message: "the request must hold exactly one message, compressed by gzip or not at all",
  },
  // https://github.com/grpc/grpc/blob/master/doc/compression.md: such a message is answered with INTERNAL.
  "compression-unnamed": {
    code: Code.Internal,
    reason: ErrorReason.INVALID_REQUEST,
    next: NextStep.FIX_REQUEST,
    message: "the message is flagged as compressed, and no header says how",
  },
  "request-id-reused": {
    code: Code.InvalidArgument,
    reason: ErrorReason.REQUEST_ID_REUSED,
    next: NextStep.FIX_REQUEST,
    message: "the request_id was used for another request",
  },
  "request-too-large": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.REQUEST_TOO_LARGE,
    next: NextStep.FIX_REQUEST,
    message: "the message is over the size cap of 64 KiB",
  },
  "method-unknown": {
    code: Code.Unimplemented,
    reason: ErrorReason.METHOD_UNKNOWN,
    next: NextStep.FIX_REQUEST,
    message: "there is no such method",
  },
  "caller-unauthenticated": {
    code: Code.Unauthenticated,
    reason: ErrorReason.CALLER_UNAUTHENTICATED,
    next: NextStep.FIX_REQUEST,
    message: "the caller's credentials are missing or wrong",
  },
  "authentication-unavailable": {
    code: Code.Unavailable,
    reason: ErrorReason.CALLER_UNAUTHENTICATED,
    next: NextStep.WAIT,
    message: "the gateway can't check the caller's credentials now; nothing was sent",
  },
  "caller-rate-limited": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.CALLER_RATE_LIMITED,
    next: NextStep.WAIT,
    message: "the caller sends too many requests; nothing was sent",
  },
  "caller-not-allowed": {
    code: Code.PermissionDenied,
    reason: ErrorReason.CALLER_NOT_ALLOWED,
    next: NextStep.OPERATOR,
    message: "the caller may not do this",
  },
  "country-not-allowed": {
    code: Code.PermissionDenied,
    reason: ErrorReason.COUNTRY_NOT_ALLOWED,
    next: NextStep.OPERATOR,
    message: "phones of this country are not served",
  },
  "send-cooldown": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.SEND_COOLDOWN,
    next: NextStep.WAIT,
    message: "a PIN was sent to this user a moment ago; nothing was sent now",
  },
  "send-limit": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.SEND_LIMIT,
    next: NextStep.WAIT,
    message: "too many PINs were sent to this user; nothing was sent now",
  },
  "service-send-limit": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.SERVICE_SEND_LIMIT,
    next: NextStep.WAIT,
    message: "too many PINs were sent for this service; nothing was sent now",
  },
  "pumping-suspected": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.PUMPING_SUSPECTED,
    next: NextStep.WAIT,
    message: "PINs are sent to this country but hardly ever used; nothing was sent now",
  },
  "upstream-rejected": {
    code: Code.InvalidArgument,
    reason: ErrorReason.UPSTREAM_REJECTED,
    next: NextStep.FIX_REQUEST,
    message: "the provider found the request invalid",
  },
  "upstream-credentials-rejected": {
    code: Code.Internal,
    reason: ErrorReason.UPSTREAM_CREDENTIALS_REJECTED,
    next: NextStep.OPERATOR,
    message: "the provider refused the gateway's own credentials",
  },
  "upstream-forbidden": {
    code: Code.PermissionDenied,
    reason: ErrorReason.UPSTREAM_FORBIDDEN,
    next: NextStep.OPERATOR,
    message: "the provider forbids this to the gateway's account",
  },
  "service-not-found": {
    code: Code.NotFound,
    reason: ErrorReason.SERVICE_NOT_FOUND,
    next: NextStep.FIX_REQUEST,
    message: "there is no such service",
  },
  "user-not-found": {
    code: Code.NotFound,
    reason: ErrorReason.USER_NOT_FOUND,
    next: NextStep.FIX_REQUEST,
    message: "there is no such user, or no such service",
  },
  "verification-not-found": {
    code: Code.NotFound,
    reason: ErrorReason.VERIFICATION_NOT_FOUND,
    next: NextStep.START_AGAIN,
    message: "there is no authentication of that auth_id",
  },
  "service-exists": {
    code: Code.AlreadyExists,
    reason: ErrorReason.SERVICE_EXISTS,
    next: NextStep.FIX_REQUEST,
    message: "there is such a service already",
  },
  "user-exists": {
    code: Code.AlreadyExists,
    reason: ErrorReason.USER_EXISTS,
    next: NextStep.FIX_REQUEST,
    message: "there is such a user already; ListUsers with id_in_service finds it",
  },
  "service-not-empty": {
    code: Code.FailedPrecondition,
    reason: ErrorReason.SERVICE_NOT_EMPTY,
    next: NextStep.FIX_REQUEST,
    message: "the service still has users",
  },
  "upstream-rate-limited": {
    code: Code.ResourceExhausted,
    reason: ErrorReason.UPSTREAM_RATE_LIMITED,
    next: NextStep.WAIT,
    message: "the provider limits the rate of requests",
  },
  "upstream-circuit-open": {
    code: Code.Unavailable,
    reason: ErrorReason.UPSTREAM_CIRCUIT_OPEN,
    next: NextStep.WAIT,
    message: "the provider fails, and is left alone for a moment; nothing was sent",
  },
  overloaded: {
    code: Code.Unavailable,
    reason: ErrorReason.OVERLOADED,
    next: NextStep.WAIT,
    message: "the gateway has too much to do; nothing was sent",
  },
  "upstream-unreachable": {
    code: Code.Unavailable,
    reason: ErrorReason.UPSTREAM_UNREACHABLE,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message: "the provider could not be connected to; nothing was sent",
  },
  "shutting-down": {
    code: Code.Unavailable,
    reason: ErrorReason.SHUTTING_DOWN,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message: "the gateway is shutting down; nothing was sent that is not safe to repeat",
  },
  "store-unavailable": {
    code: Code.Unavailable,
    reason: ErrorReason.STORE_UNAVAILABLE,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message: "the gateway's store, which this call needs, can't be asked or is full; nothing was sent",
  },
  "upstream-failed": {
    code: Code.Unavailable,
    reason: ErrorReason.UPSTREAM_FAILED,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message: "the provider failed; the call is safe to repeat",
  },
  "deadline-exceeded": {
    code: Code.DeadlineExceeded,
    reason: ErrorReason.DEADLINE_EXCEEDED,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message: "the deadline passed; nothing was sent that is not safe to repeat",
  },
  "outcome-unknown": {
    code: Code.Unknown,
    reason: ErrorReason.OUTCOME_UNKNOWN,
    next: NextStep.START_AGAIN,
    message: "the request was sent but no answer came; it may have been carried out",
  },
  "outcome-unknown-at-deadline": {
    code: Code.DeadlineExceeded,
    reason: ErrorReason.OUTCOME_UNKNOWN,
    next: NextStep.START_AGAIN,
    message: "the deadline passed after the request was sent; it may have been carried out",
  },
  "outcome-pending": {
    code: Code.DeadlineExceeded,
    reason: ErrorReason.OUTCOME_UNKNOWN,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message:
      "the deadline passed after the request was sent; a repeat with the same request_id gets what becomes of it",
  },
  "upstream-bad-response": {
    code: Code.Internal,
    reason: ErrorReason.UPSTREAM_BAD_RESPONSE,
    next: NextStep.OPERATOR,
    message: "the provider's answer can't be understood",
  },
  cancelled: {
    code: Code.Canceled,
    reason: ErrorReason.CANCELLED,
    next: NextStep.REPEAT_SAME_REQUEST_ID,
    message: "the caller left",
  },
  "gateway-bug": {
    code: Code.Internal,
    reason: ErrorReason.GATEWAY_BUG,
    next: NextStep.OPERATOR,
    message: "the gateway made a mistake",
  },
};
