import type { Fault, FaultKind, Progress } from "@verigate/call";
import type { Settlement } from "../store/limit-store.ts";

/**
 * What becomes of what a call counted before it failed:
 *
 * - `give-back`: it provably was not carried out: not sent, or refused by the
 *   provider with a status 4xx.
 * - `attempt`: it was carried out, and came to nothing.
 * - `keep`: it may have been.
 * - `keep-if-sent`: kept where a request was sent that is not safe to repeat.
 */
type FaultSettlement = "give-back" | "attempt" | "keep" | "keep-if-sent";

/** Every kind, so that one which is added does not compile before it has its place here. */
const settlements = {
  "invalid-request": "give-back",
  "request-unsupported": "give-back",
  "compression-unnamed": "give-back",
  "request-too-large": "give-back",
  "request-id-reused": "give-back",
  "method-unknown": "give-back",
  "caller-unauthenticated": "give-back",
  "authentication-unavailable": "give-back",
  "caller-rate-limited": "give-back",
  "caller-not-allowed": "give-back",
  "country-not-allowed": "give-back",
  "send-cooldown": "give-back",
  "send-limit": "give-back",
  "service-send-limit": "give-back",
  "pumping-suspected": "give-back",
  cancelled: "keep-if-sent",
  "deadline-exceeded": "keep-if-sent",
  "service-not-found": "give-back",
  "user-not-found": "give-back",
  // An auth_id that names nothing is a guess at something.
  "verification-not-found": "attempt",
  "service-exists": "give-back",
  "user-exists": "give-back",
  "service-not-empty": "give-back",
  "upstream-rejected": "give-back",
  "upstream-credentials-rejected": "give-back",
  "upstream-forbidden": "give-back",
  "upstream-rate-limited": "give-back",
  "gateway-bug": "keep-if-sent",
  "shutting-down": "keep-if-sent",
  overloaded: "give-back",
  "store-unavailable": "give-back",
  "upstream-circuit-open": "give-back",
  "upstream-unreachable": "give-back",
  "upstream-failed": "keep-if-sent",
  "upstream-bad-response": "keep-if-sent",
  "outcome-unknown": "keep",
  "outcome-unknown-at-deadline": "keep",
  "outcome-pending": "keep",
} as const satisfies Readonly<Record<FaultKind, FaultSettlement>>;

export function settlementOfFault({ kind }: Fault, { isOutcomeOpen }: Progress): Exclude<Settlement["how"], "clear"> {
  const settlement: FaultSettlement = settlements[kind];
  return settlement === "keep-if-sent" ? (isOutcomeOpen ? "keep" : "give-back") : settlement;
}
