import type { Message } from "@bufbuild/protobuf";
import { Fault, type Layer } from "@verigate/call";
import { type CreateUserRequest, UserAPI } from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import type { OnLimitDecision } from "./limit-decision.ts";
import type { LimitKeys } from "./limit-keys.ts";
import { phoneFromNumber } from "./phone.ts";

export interface CountriesOptions {
  /** Codes of the countries whose phones are served. */
  readonly allowed: readonly string[];
  /** Whether it tells what it would refuse, and refuses nothing. */
  readonly isShadow: boolean;
  readonly keys: LimitKeys;
  readonly onDecision: OnLimitDecision;
}

/** Refuses to register phones of countries that are not served: `country-not-allowed`. */
export function countries({ allowed, isShadow, keys, onDecision }: CountriesOptions): Layer<UnaryCall, Message> {
  const served = new Set(allowed);
  return (next) => (unary) => {
    if (unary.method !== UserAPI.method.createUser) {
      return next(unary);
    }
    const phone = phoneFromNumber((unary.message as CreateUserRequest).phoneNumber);
    const { country } = phone;
    const [subject] = keys.ofPhone(phone);
    if (served.has(country)) {
      onDecision(unary.call, { limit: "countries", decision: "allowed", subject });
    } else {
      onDecision(unary.call, { limit: "countries", decision: isShadow ? "shadow_denied" : "denied", subject });
      if (!isShadow) {
        const description = `its country (${country}) is not served`;
        throw new Fault("country-not-allowed", { violations: [{ field: "phone_number", description }] });
      }
    }
    return next(unary);
  };
}
