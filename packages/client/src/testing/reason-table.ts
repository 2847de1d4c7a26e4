import { Code } from "@connectrpc/connect";
import { ErrorReason, NextStep } from "@verigate/contract";

/** How a reason travels. */
export interface ReasonRow {
  readonly code: Code;
  readonly next: NextStep;
  /** Whether a repeat with the same request_id gets this error again, rather than being carried out. */
  readonly isRecorded: boolean;
}

const { FIX_REQUEST, OPERATOR, REPEAT_SAME_REQUEST_ID, START_AGAIN, WAIT } = NextStep;

const fixed = (code: Code, next: NextStep): ReasonRow => ({ code, next, isRecorded: true });
const passing = (code: Code, next: NextStep): ReasonRow => ({ code, next, isRecorded: false });

/** The contract's table of errors. */
export const reasonTable: Readonly<Record<Exclude<ErrorReason, ErrorReason.UNSPECIFIED>, ReasonRow>> = {
  [ErrorReason.INVALID_REQUEST]: passing(Code.InvalidArgument, FIX_REQUEST),
  [ErrorReason.REQUEST_ID_REUSED]: passing(Code.InvalidArgument, FIX_REQUEST),
  [ErrorReason.REQUEST_TOO_LARGE]: passing(Code.ResourceExhausted, FIX_REQUEST),
  [ErrorReason.METHOD_UNKNOWN]: passing(Code.Unimplemented, FIX_REQUEST),
  [ErrorReason.CALLER_UNAUTHENTICATED]: passing(Code.Unauthenticated, FIX_REQUEST),
  [ErrorReason.CALLER_NOT_ALLOWED]: passing(Code.PermissionDenied, OPERATOR),
  [ErrorReason.COUNTRY_NOT_ALLOWED]: passing(Code.PermissionDenied, OPERATOR),
  [ErrorReason.UPSTREAM_REJECTED]: fixed(Code.InvalidArgument, FIX_REQUEST),
  [ErrorReason.UPSTREAM_CREDENTIALS_REJECTED]: passing(Code.Internal, OPERATOR),
  [ErrorReason.UPSTREAM_FORBIDDEN]: passing(Code.PermissionDenied, OPERATOR),
  [ErrorReason.SERVICE_NOT_FOUND]: fixed(Code.NotFound, FIX_REQUEST),
  [ErrorReason.USER_NOT_FOUND]: fixed(Code.NotFound, FIX_REQUEST),
  [ErrorReason.VERIFICATION_NOT_FOUND]: fixed(Code.NotFound, START_AGAIN),
  [ErrorReason.SERVICE_EXISTS]: fixed(Code.AlreadyExists, FIX_REQUEST),
  [ErrorReason.USER_EXISTS]: fixed(Code.AlreadyExists, FIX_REQUEST),
  [ErrorReason.SERVICE_NOT_EMPTY]: fixed(Code.FailedPrecondition, FIX_REQUEST),
  [ErrorReason.UPSTREAM_RATE_LIMITED]: passing(Code.ResourceExhausted, WAIT),
  [ErrorReason.CALLER_RATE_LIMITED]: passing(Code.ResourceExhausted, WAIT),
  [ErrorReason.SEND_COOLDOWN]: passing(Code.ResourceExhausted, WAIT),
  [ErrorReason.SEND_LIMIT]: passing(Code.ResourceExhausted, WAIT),
  [ErrorReason.SERVICE_SEND_LIMIT]: passing(Code.ResourceExhausted, WAIT),
  [ErrorReason.PUMPING_SUSPECTED]: passing(Code.ResourceExhausted, WAIT),
  [ErrorReason.UPSTREAM_CIRCUIT_OPEN]: passing(Code.Unavailable, WAIT),
  [ErrorReason.OVERLOADED]: passing(Code.Unavailable, WAIT),
  [ErrorReason.UPSTREAM_UNREACHABLE]: passing(Code.Unavailable, REPEAT_SAME_REQUEST_ID),
  [ErrorReason.SHUTTING_DOWN]: passing(Code.Unavailable, REPEAT_SAME_REQUEST_ID),
  [ErrorReason.STORE_UNAVAILABLE]: passing(Code.Unavailable, WAIT),
  [ErrorReason.UPSTREAM_FAILED]: passing(Code.Unavailable, REPEAT_SAME_REQUEST_ID),
  [ErrorReason.DEADLINE_EXCEEDED]: passing(Code.DeadlineExceeded, REPEAT_SAME_REQUEST_ID),
  [ErrorReason.OUTCOME_UNKNOWN]: fixed(Code.Unknown, START_AGAIN),
  [ErrorReason.UPSTREAM_BAD_RESPONSE]: fixed(Code.Internal, OPERATOR),
  [ErrorReason.CANCELLED]: passing(Code.Canceled, REPEAT_SAME_REQUEST_ID),
  [ErrorReason.GATEWAY_BUG]: passing(Code.Internal, OPERATOR),
};
