/** One decision about who may do what. What is not here can't get into the audit log. */
export interface SecurityDecision {
  /** The caller's name; `unknown` where it showed none, or a wrong one. */
  readonly caller: string;
  /** The listener that the call came in by. */
  readonly listener: string;
  /** Such as `verigate.v1.AuthAPI/VerifyPin`. */
  readonly method: string;
  /**
   * `shadow_denied`: would have been denied if the limit were enforced.
   * `failed_open`, `failed_closed`: nobody could tell, and it went on, or was refused.
   */
  readonly decision: "allowed" | "denied" | "shadow_denied" | "failed_open" | "failed_closed";
  /** What decided, such as `credentials`, `policy` or the name of a limit. */
  readonly rule: string;
  /** Of a denial: what about the credentials was wrong, or what the policy lacks. */
  readonly reason?: string;
  /** The id of the service that it was about. */
  readonly service?: string;
  /** Whom it was about, as a keyed hash. */
  readonly subject?: string;
  /** The name of the certificate, where the caller showed one. */
  readonly certificate?: string;
  /** How many refusals of one peer it stands for, of which it is the last; one, where it does not say. */
  readonly times?: number;
  readonly requestId?: string;
  readonly traceId?: string;
}
