import type { Message } from "@bufbuild/protobuf";
import { Fault, type Layer } from "@verigate/call";
import type { UnaryCall } from "@verigate/rpc-server";
import { policyMethods } from "../policy/policy-methods.ts";
import type { AuthorizeOptions } from "./authorize-method.ts";

/**
 * Refuses a request about a service for which the policy does not allow the caller
 * this method, or with a user_id that could lead out of that service. What is about no service yet (CreateService) has been allowed with
 * its method. Throws `caller-not-allowed`.
 */
export function authorizeService({ policy, onDecision }: AuthorizeOptions): Layer<UnaryCall, Message> {
  return (next) => (unary) => {
    const { call, method } = unary;
    const name = policyMethods.get(`${method.parent.typeName}/${method.name}`)?.name ?? "";
    const service = idOf(unary, "serviceId");
    const decision =
      service === undefined
        ? policy().mayCall(call.progress.caller, name)
        : policy().mayCallFor(call.progress.caller, name, { service, user: idOf(unary, "userId") });
    const about = service === undefined ? {} : { service };
    if (!decision.isAllowed) {
      onDecision?.(call, { decision: "denied", rule: "policy", reason: decision.lacks, ...about });
      const what = decision.lacks === "plain_user_id" ? "with a user_id that holds /, \\ or %" : "for this service";
      throw new Fault("caller-not-allowed", { publicMessage: `the caller may not call ${name} ${what}` });
    }
    onDecision?.(call, { decision: "allowed", rule: "policy", ...about });
    return next(unary);
  };
}

function idOf({ method, message }: UnaryCall, name: "serviceId" | "userId"): string | undefined {
  const field = method.input.field[name];
  const value = field === undefined ? undefined : (message as unknown as Record<string, unknown>)[field.localName];
  return typeof value === "string" ? value : undefined;
}
