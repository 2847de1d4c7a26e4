import { isMessage } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import {
  ErrorReason,
  InitiateAuthResponseSchema,
  RetryInfoSchema,
  VerifyFailure,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import { reasonOf } from "./error-reason.ts";

const userLimits: ReadonlySet<ErrorReason | undefined> = new Set([ErrorReason.SEND_COOLDOWN, ErrorReason.SEND_LIMIT]);

const otherLimits: ReadonlySet<ErrorReason | undefined> = new Set([
  ErrorReason.CALLER_RATE_LIMITED,
  ErrorReason.UPSTREAM_RATE_LIMITED,
  ErrorReason.SERVICE_SEND_LIMIT,
  ErrorReason.PUMPING_SUSPECTED,
]);

/**
 * Whether this one *user* has to wait: after too many guesses (a VerifyPinResponse
 * whose failure is THROTTLED), or too many PINs (the errors SEND_COOLDOWN and SEND_LIMIT).
 */
export function isThrottled(outcome: unknown): boolean {
  if (isMessage(outcome, VerifyPinResponseSchema)) return outcome.failure === VerifyFailure.THROTTLED;
  return userLimits.has(reasonOf(outcome));
}

/**
 * Whether a limit other than a user's is reached: the caller's, the service's,
 * a country's, or the provider's. Nothing was done.
 */
export function isRateLimited(error: unknown): boolean {
  return otherLimits.has(reasonOf(error));
}

/**
 * How long to wait, in whole milliseconds, rounded up: until the next guess (a
 * VerifyPinResponse), the next PIN (an InitiateAuthResponse), or the next
 * attempt (an error with a google.rpc.RetryInfo). Undefined where it is not known.
 */
export function retryAfterMs(outcome: unknown): number | undefined {
  const wait = durationOf(outcome);
  return wait === undefined ? undefined : Math.max(0, Number(wait.seconds) * 1_000 + Math.ceil(wait.nanos / 1e6));
}

function durationOf(outcome: unknown): Duration | undefined {
  if (isMessage(outcome, VerifyPinResponseSchema)) return outcome.retryAfter;
  if (isMessage(outcome, InitiateAuthResponseSchema)) return outcome.resendAfter;
  return outcome instanceof ConnectError ? outcome.findDetails(RetryInfoSchema)[0]?.retryDelay : undefined;
}
