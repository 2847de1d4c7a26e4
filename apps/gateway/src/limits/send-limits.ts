import type { Message } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Fault, type FaultKind, faultFromError, type Layer } from "@verigate/call";
import { AuthAPI, AuthMethod, type InitiateAuthRequest, type InitiateAuthResponse } from "@verigate/contract";
import type { UnaryCall, UnaryHandler } from "@verigate/rpc-server";
import type { LimitName, SendThreshold } from "@verigate/telemetry";
import { type Allowance, textFromAllowance } from "./allowance.ts";
import type { Book, Denied, Granted, PlannedDemand } from "./booking.ts";
import { unknownCountry } from "./country-of-phone.ts";
import { endUserDemands, halves } from "./end-user.ts";
import type { OnLimitDecision } from "./limit-decision.ts";
import { type LimitKeys, type UserKeys, userKey } from "./limit-keys.ts";
import { type Pumping, pumpingOf, pumpingRetryAfterMs } from "./pumping.ts";
import { serviceSendsDemands, thresholdReached } from "./service-sends.ts";
import { settlementOfFault } from "./settlement-of-fault.ts";

export interface SendLimitsOptions {
  readonly book: Book;
  readonly keys: LimitKeys;
  /** From one PIN to the next of a user or phone, in milliseconds; 0 is none. */
  readonly cooldownMs: number;
  /** For a user or phone; none is no limit. */
  readonly sends: readonly Allowance[];
  /** For a service, in 24 hours; 0 is no limit. */
  readonly serviceSendsMax: number;
  readonly pumping: "off" | "record" | "enforce";
  /** Hashes of the phones that neither cool-down nor cap is for at this moment. */
  readonly exemptPhones: () => readonly string[];
  readonly onDecision: OnLimitDecision;
  readonly onThreshold: (serviceId: string, threshold: SendThreshold) => void;
  readonly onPumping: (country: string) => void;
}

const faults: Readonly<Partial<Record<LimitName, FaultKind>>> = {
  send_cooldown: "send-cooldown",
  sends: "send-limit",
  service_sends: "service-send-limit",
};

/**
 * Bounds the PINs that are sent: to a user or, where this gateway has created
 * the user, to the user's phone, whoever else has it and whatever name it gets
 * next; and for a service. Each start takes its place before the provider is
 * asked. One that sends nothing gives it back: an app's codes (TOTP), and what
 * provably was not carried out.
 */
export function sendLimits(options: SendLimitsOptions): Layer<UnaryCall, Message> {
  const { book, keys, cooldownMs, sends, serviceSendsMax, onDecision } = options;
  const windows = [
    ...(cooldownMs === 0 ? [] : [{ max: 1, windowMs: cooldownMs, limit: "send_cooldown" as const }]),
    ...sends.map((allowance) => ({ ...allowance, limit: "sends" as const })),
  ];
  // A cool-down leaves nothing to be shared.
  const endUserCaps = halves(windows.filter(({ limit }) => limit === "sends"));
  const hasPumping = options.pumping !== "off";

  function demandsOf(
    { userId, serviceId, endUser }: InitiateAuthRequest,
    userKeys: UserKeys,
  ): readonly PlannedDemand[] {
    const demands = endUserDemands(userKeys, endUser, "sends", endUserCaps);
    for (const [index, hash] of windows.length === 0 ? [] : userKeys.user.entries()) {
      const byPhone = { user: userKey(hash), prefix: `sends:${userKeys.service[index]}:` };
      demands.push({ kind: "log", key: `sends:${hash}`, byPhone, windows, whom: `user:${userId}` });
    }
    // Last: its state is looked for there.
    demands.push(...serviceSendsDemands(userKeys.service, serviceId, serviceSendsMax));
    return demands;
  }

  async function initiate(next: UnaryHandler, unary: UnaryCall): Promise<Message> {
    const request = unary.message as InitiateAuthRequest;
    const userKeys = keys.ofUser(request);
    const pumping = pumpingOf(userKeys.service);
    const booking = await book(unary.call, {
      demands: demandsOf(request, userKeys),
      users: userKeys.user.map(userKey),
      exemptPhones: windows.length === 0 ? [] : options.exemptPhones(),
      tallies: hasPumping ? pumping.tallies : [],
    });
    if (booking.kind === "denied") {
      throw faultFromDenial(booking);
    }
    if (hasPumping) {
      await refusePumping(unary, booking, pumping);
    }
    return await settled(next, unary, booking, pumping);
  }

  async function refusePumping({ call }: UnaryCall, booking: Granted, pumping: Pumping): Promise<void> {
    const [{ key: subject }] = pumping.tallies;
    if (!pumping.isSuspected(booking.tallied)) {
      onDecision(call, { limit: "pumping", decision: "allowed", subject });
      return;
    }
    const { country = unknownCountry } = booking;
    options.onPumping(country);
    const isEnforced = options.pumping === "enforce";
    onDecision(call, { limit: "pumping", decision: isEnforced ? "denied" : "shadow_denied", subject });
    if (isEnforced) {
      await booking.settle({ how: "give-back", tallies: [] });
      const description =
        "of the PINs that were sent to this country for this service in the last hour, hardly any was used";
      throw new Fault("pumping-suspected", {
        retryAfterMs: pumpingRetryAfterMs,
        quota: { subject: `country:${country}`, description },
      });
    }
  }

  async function settled(next: UnaryHandler, unary: UnaryCall, booking: Granted, pumping: Pumping): Promise<Message> {
    const [sent] = pumping.tallies;
    const keep = async () => {
      const { country } = booking;
      await booking.settle({ how: "keep", tallies: hasPumping ? [{ tally: sent, country }] : [] });
      reportThreshold(unary, booking);
    };
    const giveBack = () => booking.settle({ how: "give-back", tallies: [] });
    let response: InitiateAuthResponse;
    try {
      response = (await next(unary)) as InitiateAuthResponse;
    } catch (error) {
      const how = settlementOfFault(faultFromError(error), unary.call.progress);
      await (how === "keep" ? keep() : giveBack());
      throw error;
    }
    const isSent = response.method === AuthMethod.SMS;
    await (isSent ? keep() : giveBack());
    if (booking.nextMs !== undefined) {
      response.resendAfter = durationFromMs(isSent ? Math.ceil(booking.nextMs) : 0);
    }
    return response;
  }

  function reportThreshold({ message }: UnaryCall, { states }: Granted): void {
    const state = serviceSendsMax === 0 ? undefined : states.at(-1)?.[0];
    const threshold = state === undefined ? undefined : thresholdReached(serviceSendsMax, state);
    if (threshold !== undefined) {
      options.onThreshold((message as InitiateAuthRequest).serviceId, threshold);
    }
  }

  return (next) => (unary) =>
    unary.method === AuthAPI.method.initiateAuth && (windows.length > 0 || serviceSendsMax > 0 || hasPumping)
      ? initiate(next, unary)
      : next(unary);
}

function faultFromDenial({ window, whom, retryAfterMs }: Denied): Fault {
  const kind = faults[window.limit];
  if (kind === undefined) {
    throw new Error(`a start was denied by ${window.limit}`);
  }
  return new Fault(kind, { retryAfterMs, quota: { subject: whom, description: `PINs: ${textFromAllowance(window)}` } });
}
