import type { Call } from "@verigate/call";
import type { OnAccessDecision } from "../inbound/access-decision.ts";
import type { OnLimitDecision } from "../limits/limit-decision.ts";
import type { AuditLog } from "./audit-log.ts";

/** What tells the audit log of the decisions about calls. */
export interface AuditedDecisions {
  readonly onAccessDecision: OnAccessDecision;
  readonly onLimitDecision: OnLimitDecision;
}

export function auditedDecisions(log: AuditLog): AuditedDecisions {
  return {
    onAccessDecision: (call, decision) => log.record({ ...whoAndWhat(call), ...decision }),
    onLimitDecision: (call, { limit, decision, subject }) =>
      log.record({ ...whoAndWhat(call), decision, rule: limit, subject }),
  };
}

function whoAndWhat({ service, method, peer, progress }: Call) {
  const { caller, requestId, traceId } = progress;
  return {
    caller,
    listener: peer.listener,
    method: service === "" ? "unknown" : `${service}/${method}`,
    ...(requestId === undefined ? {} : { requestId }),
    ...(traceId === undefined ? {} : { traceId }),
  };
}
