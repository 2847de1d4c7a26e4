import type { Call, Clock } from "@verigate/call";
import { createRefusalLines } from "../callers/refusal-lines.ts";
import type { OnAccessDecision } from "../inbound/access-decision.ts";
import type { OnLimitDecision } from "../limits/limit-decision.ts";
import type { AuditLog } from "./audit-log.ts";
import type { SecurityDecision } from "./security-decision.ts";

/** What tells the audit log of the decisions about calls. */
export interface AuditedDecisions {
  readonly onAccessDecision: OnAccessDecision;
  readonly onLimitDecision: OnLimitDecision;
  /** Records what has been counted and not been told yet. */
  flush(): void;
}

export function auditedDecisions(log: AuditLog, clock: Clock): AuditedDecisions {
  const refusals = createRefusalLines<SecurityDecision>({
    clock,
    write: (decision, times) => log.record(times === 1 ? decision : { ...decision, times }),
  });
  return {
    flush: refusals.flush,
    onAccessDecision(call, decision) {
      const line = { ...whoAndWhat(call), ...decision };
      if (decision.rule === "credentials" && decision.decision === "denied") {
        refusals.add(call.peer, line);
      } else {
        log.record(line);
      }
    },
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
