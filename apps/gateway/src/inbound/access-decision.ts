import type { Call } from "@verigate/call";

/** What was decided about a call's caller. The rest of who and what is in the call. */
export interface AccessDecision {
  readonly decision: "allowed" | "denied";
  readonly rule: "credentials" | "policy";
  /** Of a denial: what about the credentials was wrong, or what the policy lacks. */
  readonly reason?: string;
  /** The id of the service that the call is about, where it has been read. */
  readonly service?: string;
  /** The name of the certificate, where the caller showed one. */
  readonly certificate?: string;
}

/** Told of each decision: of credentials for every call but health checks, of the policy where there is one. Must not throw. */
export type OnAccessDecision = (call: Call, decision: AccessDecision) => void;
