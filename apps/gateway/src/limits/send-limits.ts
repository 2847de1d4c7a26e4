import type { Message } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Fault, type FaultKind, faultFromError, type Layer } from "@verigate/call";
import { AuthAPI, AuthMethod, type InitiateAuthRequest, type InitiateAuthResponse } from "@verigate/contract";
import type { UnaryCall, UnaryHandler } from "@verigate/rpc-server";
import type { LimitName, SendThreshold } from "@verigate/telemetry";
import type { Settlement } from "../store/limit-store.ts";
import { textFromAllowance } from "./allowance.ts";
import type { Book, Denied, Granted } from "./booking.ts";
import type { OnLimitDecision } from "./limit-decision.ts";
import type { LimitKeys } from "./limit-keys.ts";
import { unknownCountry } from "./phone.ts";
import { type Pumping, pumpingOf, pumpingRetryAfterMs } from "./pumping.ts";
import { createSendDemands, type SendDemandsOptions } from "./send-demands.ts";
import { thresholdReached } from "./service-sends.ts";
import { settlementOfFault } from "./settlement-of-fault.ts";

export interface SendLimitsOptions extends SendDemandsOptions {
  readonly book: Book;
  readonly keys: LimitKeys;
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
 * next, also over all services together; and for a service. Each start takes its
 * place before the provider is asked. One that sends nothing gives it back: an
 * app's codes (TOTP), and what provably was not carried out.
 */
export function sendLimits(options: SendLimitsOptions): Layer<UnaryCall, Message> {
  const { book, keys, serviceSendsMax, onDecision } = options;
  const demands = createSendDemands(options);
  const hasPumping = options.pumping !== "off";

  async function initiate(next: UnaryHandler, unary: UnaryCall): Promise<Message> {
    const request = unary.message as InitiateAuthRequest;
    const userKeys = keys.ofUser(request);
    const pumping = pumpingOf(userKeys.service);
    const booking = await book(unary.call, {
      demands: demands.of(request, userKeys),
      users: userKeys.phoneOf,
      exemptPhones: demands.isOfUsers ? options.exemptPhones() : [],
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
    const settle = (how: Exclude<Settlement["how"], "keep">) => booking.settle({ how, tallies: [] });
    let response: InitiateAuthResponse;
    try {
      response = (await next(unary)) as InitiateAuthResponse;
    } catch (error) {
      const how = settlementOfFault(faultFromError(error), unary.call.progress);
      await (how === "keep" ? keep() : settle(how));
      throw error;
    }
    const isSent = response.method === AuthMethod.SMS;
    await (isSent ? keep() : settle("attempt"));
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
    unary.method === AuthAPI.method.initiateAuth && (demands.isOfUsers || serviceSendsMax > 0 || hasPumping)
      ? initiate(next, unary)
      : next(unary);
}

function faultFromDenial({ window, whom, what, retryAfterMs }: Denied): Fault {
  const kind = faults[window.limit];
  if (kind === undefined) {
    throw new Error(`a start was denied by ${window.limit}`);
  }
  return new Fault(kind, {
    retryAfterMs,
    quota: { subject: whom, description: `${what}: ${textFromAllowance(window)}` },
  });
}
