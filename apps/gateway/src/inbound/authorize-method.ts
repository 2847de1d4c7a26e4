import { Fault, type Layer } from "@verigate/call";
import type { HttpCall, Reply } from "@verigate/rpc-server";
import type { Policy } from "../policy/policy.ts";
import { policyMethods } from "../policy/policy-methods.ts";
import type { OnAccessDecision } from "./access-decision.ts";

export interface AuthorizeOptions {
  /** The policy as it is now. */
  readonly policy: () => Policy;
  readonly onDecision?: OnAccessDecision | undefined;
}

/**
 * Refuses a method that the policy allows the caller for no service at all, before
 * the request is read. Health checks are open, and what does not exist is found to
 * be so by who looks for it. Throws `caller-not-allowed`.
 */
export function authorizeMethod({ policy, onDecision }: AuthorizeOptions): Layer<HttpCall, Reply> {
  return (next) => (call) => {
    const method = policyMethods.get(`${call.service}/${call.method}`);
    if (method !== undefined) {
      const decision = policy().mayCall(call.progress.caller, method.name);
      if (!decision.isAllowed) {
        onDecision?.(call, { decision: "denied", rule: "policy", reason: decision.lacks });
        throw new Fault("caller-not-allowed", { publicMessage: `the caller may not call ${method.name}` });
      }
    }
    return next(call);
  };
}
