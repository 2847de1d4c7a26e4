import { isMessage, type Message } from "@bufbuild/protobuf";
import { Fault, type FaultKind, type Progress } from "@verigate/call";
import { ThrottledBy, VerifyPinResponseSchema } from "@verigate/contract";
import type { Outcome } from "./claim-record.ts";

/**
 * What a repeat of a request_id finds of a fault:
 *
 * - `recorded`: the same fault.
 * - `released`: nothing; it runs. For what provably was not carried out, or is
 *   safe to carry out again.
 * - `recorded-if-sent`, `unknown-if-sent`: released, unless a request was sent
 *   that is not safe to repeat; then the same fault, or an unknown outcome.
 */
type Recording = "recorded" | "released" | "recorded-if-sent" | "unknown-if-sent";

/** Every kind, so that one which is added does not compile before it has its place here. */
export const recordings = {
  "invalid-request": "released",
  "request-unsupported": "released",
  "compression-unnamed": "released",
  "request-too-large": "released",
  "request-id-reused": "released",
  "method-unknown": "released",
  "caller-unauthenticated": "released",
  "authentication-unavailable": "released",
  "caller-rate-limited": "released",
  "caller-not-allowed": "released",
  "country-not-allowed": "released",
  "send-cooldown": "released",
  "send-limit": "released",
  "service-send-limit": "released",
  "pumping-suspected": "released",
  cancelled: "unknown-if-sent",
  "deadline-exceeded": "unknown-if-sent",
  "service-not-found": "recorded",
  "user-not-found": "recorded",
  "verification-not-found": "recorded",
  "service-exists": "recorded",
  "user-exists": "recorded",
  "service-not-empty": "recorded",
  "upstream-rejected": "recorded",
  // 401, 403 and 429: refused before it was looked at, for reasons that pass.
  "upstream-credentials-rejected": "released",
  "upstream-forbidden": "released",
  "upstream-rate-limited": "released",
  "gateway-bug": "unknown-if-sent",
  "shutting-down": "unknown-if-sent",
  overloaded: "released",
  "store-unavailable": "released",
  "upstream-circuit-open": "released",
  "upstream-unreachable": "released",
  "upstream-failed": "unknown-if-sent",
  "upstream-bad-response": "recorded-if-sent",
  "outcome-unknown": "recorded",
  "outcome-unknown-at-deadline": "recorded",
  "outcome-pending": "recorded",
} as const satisfies Readonly<Record<FaultKind, Recording>>;

/**
 * What a repeat gets; undefined where it runs as if it were the first. Of what
 * is safe to repeat, an unknown outcome tells the repeat, which runs, that it may have been carried out.
 */
export function recordedOutcome(outcome: Outcome, progress: Progress): Outcome | undefined {
  if ("response" in outcome) {
    return isLocalRefusal(outcome.response) ? undefined : outcome;
  }
  const { isOutcomeOpen, isAnswerLost } = progress;
  const recording = recordings[outcome.fault.kind];
  if (recording === "recorded" || (recording === "recorded-if-sent" && isOutcomeOpen)) {
    return outcome;
  }
  const mayBeDone = isAnswerLost || (recording === "unknown-if-sent" && isOutcomeOpen);
  return mayBeDone ? { fault: new Fault("outcome-unknown") } : undefined;
}

/** A PIN that the gateway itself did not look at, because of its own limits. */
function isLocalRefusal(response: Message): boolean {
  return isMessage(response, VerifyPinResponseSchema) && response.throttledBy === ThrottledBy.GATEWAY;
}
