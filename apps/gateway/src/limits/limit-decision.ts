import type { Call } from "@verigate/call";
import type { LimitDecisionName, LimitName } from "@verigate/telemetry";

/**
 * What a limit did about a call:
 *
 * - `allowed`: there was room.
 * - `denied`: there was none, and the call was refused for it.
 * - `shadow_denied`: there was none, but the limit only records.
 * - `failed_open`, `failed_closed`: the store could not be asked, or was full; the
 *   call went on, or was refused.
 */
export interface LimitDecision {
  readonly limit: LimitName;
  readonly decision: LimitDecisionName;
  /** Whom it is about, as a keyed hash. */
  readonly subject: string;
}

/** Told of what every limit that is for a call did about it. Must not throw. */
export type OnLimitDecision = (call: Call, decision: LimitDecision) => void;
