import { AuthMethod, type InitiateAuthRequest } from "@verigate/contract";
import { type Allowance, times } from "./allowance.ts";
import type { PlannedDemand, PlannedWindow } from "./booking.ts";
import { endUserDemands, type UserBudget } from "./end-user.ts";
import { type UserKeys, userKey } from "./limit-keys.ts";
import { serviceSendsDemands } from "./service-sends.ts";

export interface SendDemandsOptions {
  /** From one PIN to the next of a user or phone, in milliseconds; 0 is none. */
  readonly cooldownMs: number;
  /** For a user or phone; none is no limit. */
  readonly sends: readonly Allowance[];
  /** For a service, in 24 hours; 0 is no limit. */
  readonly serviceSendsMax: number;
}

/** What a start counts at. */
export interface SendDemands {
  /** Whether anything counts at a user or phone. */
  readonly isOfUsers: boolean;
  /** The service's stands last. */
  of(request: InitiateAuthRequest, keys: UserKeys): readonly PlannedDemand[];
}

/** As many times the cap within a service is what a phone has over all services together. */
const phoneFactor = 2;
/** As many times the cap on PINs is how many starts may ask for an app's codes, which cost nothing. */
const totpFactor = 4;
const pins = "PINs";
const totpStarts = "starts by TOTP";

/**
 * A start counts at the user or, where this gateway has created the user, at the
 * user's phone within the service; at the phone in all services; at whoever acts
 * as the user; and at the service.
 *
 * One by TOTP takes all those places as well, because the provider may send an SMS
 * instead, and one of a cap of its own, which it keeps where an app's codes are
 * used: else whoever makes such starts without end would hold the cool-down all
 * the time.
 */
export function createSendDemands({ cooldownMs, sends, serviceSendsMax }: SendDemandsOptions): SendDemands {
  const capsOf = (factor: number): readonly PlannedWindow[] =>
    sends.map((allowance) => ({ ...times(allowance, factor), limit: "sends" }));
  const [caps, phoneCaps, totpCaps] = [capsOf(1), capsOf(phoneFactor), capsOf(totpFactor)];
  const windows: readonly PlannedWindow[] = [
    ...(cooldownMs === 0 ? [] : [{ max: 1, windowMs: cooldownMs, limit: "send_cooldown" as const }]),
    ...caps,
  ];
  // A cool-down leaves nothing to be shared.
  const shared: readonly UserBudget[] = caps.length === 0 ? [] : [{ prefix: "sends", windows: caps, what: pins }];
  const ofTotp = { windows: totpCaps, what: totpStarts, isAttempt: true };
  const sharedByTotp: readonly UserBudget[] = caps.length === 0 ? [] : [...shared, { prefix: "totp", ...ofTotp }];

  function addThoseOfUser(demands: PlannedDemand[], { userId, method }: InitiateAuthRequest, keys: UserKeys): void {
    const whom = `user:${userId}`;
    for (const [index, hash] of keys.user.entries()) {
      const user = userKey(hash);
      const byPhone = { user, prefix: `sends:${keys.service[index]}:` };
      demands.push({ kind: "log", key: `sends:${hash}`, byPhone, windows, whom, what: pins });
      if (caps.length === 0) {
        continue;
      }
      demands.push({
        kind: "log",
        key: `sends_everywhere:${hash}`,
        byPhone: { user, prefix: "sends_everywhere:", isRequired: true },
        windows: phoneCaps,
        whom: `phone of ${whom}`,
        what: "PINs of all services",
      });
      if (method === AuthMethod.TOTP) {
        demands.push({ kind: "log", key: `totp:${hash}`, whom, ...ofTotp });
      }
    }
  }

  return {
    isOfUsers: windows.length > 0,
    of(request, keys) {
      const budgets = request.method === AuthMethod.TOTP ? sharedByTotp : shared;
      const demands = endUserDemands(keys, request.endUser, budgets);
      if (windows.length > 0) {
        addThoseOfUser(demands, request, keys);
      }
      demands.push(...serviceSendsDemands(keys.service, request.serviceId, serviceSendsMax));
      return demands;
    },
  };
}
