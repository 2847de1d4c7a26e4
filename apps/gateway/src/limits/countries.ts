import type { Message } from "@bufbuild/protobuf";
import { Fault, type Layer } from "@verigate/call";
import { type CreateUserRequest, UserAPI } from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import { countryOfPhone } from "./country-of-phone.ts";
import type { OnLimitDecision } from "./limit-decision.ts";
import type { LimitKeys } from "./limit-keys.ts";

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
    const { phoneNumber } = unary.message as CreateUserRequest;
    const [subject] = keys.ofPhone(phoneNumber);
    const country = countryOfPhone(phoneNumber);
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
