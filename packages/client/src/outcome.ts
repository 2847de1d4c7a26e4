import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { ErrorReason, nameOfReason } from "@verigate/contract";
import { recordOf } from "./call-record.ts";
import { errorInfoOf } from "./error-reason.ts";

const outcomeUnknown = nameOfReason(ErrorReason.OUTCOME_UNKNOWN);

/**
 * Whether a call may have been carried out although it failed: an SMS may be on
 * its way, a guess may be used up. Such a call is never repeated with another
 * request_id by a program; it is started again by the user.
 *
 * - The gateway's own word counts where there is one: OUTCOME_UNKNOWN, and no other reason.
 * - Without it (a lost connection, a local deadline or cancellation, a proxy's
 *   answer) the code means nothing, not even UNAVAILABLE: libraries make it up.
 *   The outcome is unknown, except of a method that is safe to repeat, and
 *   of a call that failed before anything was sent (no connection, no bearer token)
 *   or was refused unseen.
 * - A ConnectError that did not come from a client of this package counts as unknown.
 * - Whatever is not a ConnectError did not come from a call: false.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  const info = errorInfoOf(error);
  if (info !== undefined) return info.reason === outcomeUnknown;
  const call = recordOf(error);
  if (call === undefined) return true;
  return call.isSent && call.method.idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
}
