import type { Message } from "@bufbuild/protobuf";
import type { Clock, Layer } from "@verigate/call";
import type { HttpCall, Reply, UnaryCall } from "@verigate/rpc-server";
import type { LimitMetrics, LimitName, Logger } from "@verigate/telemetry";
import type { HashKeys } from "../keyed-hash.ts";
import type { UserRef } from "../provider.ts";
import type { SettingValues } from "../settings/settings.ts";
import type { LimitStore } from "../store/limit-store.ts";
import type { StoreOutage } from "../store/store-outage.ts";
import { createBooking } from "./booking.ts";
import { callerRate } from "./caller-rate.ts";
import { countries } from "./countries.ts";
import { createGuessBudget, type GuessBudget } from "./guess-budget.ts";
import type { OnLimitDecision } from "./limit-decision.ts";
import { createLimitKeys } from "./limit-keys.ts";
import { phoneFromNumber } from "./phone.ts";
import { phoneMemory } from "./phone-memory.ts";
import { sendLimits } from "./send-limits.ts";
import { hasExpired, maskedTestNumber } from "./test-numbers.ts";

export interface LimitsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: LimitMetrics;
  readonly store: LimitStore;
  readonly outage: StoreOutage;
  readonly hashKeys: HashKeys;
  readonly values: SettingValues;
  /** Told of what every limit that is for a call did about it. Must not throw. */
  readonly onDecision?: OnLimitDecision | undefined;
}

/** The layers that limits are. */
export interface Limits {
  /** For *admit*. */
  readonly callerRate: Layer<HttpCall, Reply>;
  /** For *handle*, outermost first. */
  readonly countries: Layer<UnaryCall, Message>;
  readonly phoneMemory: Layer<UnaryCall, Message>;
  readonly sends: Layer<UnaryCall, Message>;
  readonly guesses: GuessBudget;
  /** A keyed hash that stands for a user, and costs nothing where a limit has asked for it. */
  readonly nameOfUser: (user: UserRef) => string;
}

/** Limits as the settings have them. Says of test numbers that have expired that they have. */
export function createLimits(options: LimitsOptions): Limits {
  const { clock, logger, metrics, store, outage, values } = options;
  const keys = createLimitKeys(options.hashKeys);
  const shadows: ReadonlySet<LimitName> = new Set(values.VERIGATE_LIMIT_SHADOW);
  const onDecision: OnLimitDecision = (call, decision) => {
    metrics.limitDecided(decision.limit, decision.decision);
    options.onDecision?.(call, decision);
  };
  const booking = { store, outage, shadows, onDecision };
  const book = createBooking({ ...booking, onStoreFailure: values.VERIGATE_STORE_FAILURE });
  const testNumbers = (values.VERIGATE_TEST_NUMBERS ?? []).map((number) => ({
    number,
    hashes: keys.ofPhone(phoneFromNumber(number.phoneNumber)),
  }));
  for (const { number } of testNumbers.filter(({ number }) => hasExpired(number, clock))) {
    logger.log("warn", "a test number has expired: it is limited like any other", {
      setting: `VERIGATE_TEST_NUMBERS: ${maskedTestNumber(number)}`,
    });
  }
  const pumping = values.VERIGATE_PUMPING === "enforce" && shadows.has("pumping") ? "record" : values.VERIGATE_PUMPING;
  const sends = values.VERIGATE_LIMIT_SENDS;
  const cooldownMs = values.VERIGATE_LIMIT_SEND_COOLDOWN;
  const hasPumping = pumping !== "off";
  metrics.readLimits(store);

  return {
    callerRate: callerRate({
      book: createBooking({ ...booking, onStoreFailure: "allow" }),
      keys,
      perSecond: values.VERIGATE_LIMIT_CALLER_RPS,
    }),
    countries:
      values.VERIGATE_COUNTRIES === undefined
        ? passing
        : countries({ allowed: values.VERIGATE_COUNTRIES, isShadow: shadows.has("countries"), keys, onDecision }),
    phoneMemory:
      cooldownMs > 0 || sends.length > 0 || hasPumping ? phoneMemory({ store, outage, keys, onDecision }) : passing,
    sends: sendLimits({
      book,
      keys,
      cooldownMs,
      sends,
      serviceSendsMax: values.VERIGATE_LIMIT_SERVICE_SENDS,
      pumping,
      exemptPhones: () =>
        testNumbers.filter(({ number }) => !hasExpired(number, clock)).flatMap(({ hashes }) => hashes),
      onDecision,
      onThreshold: metrics.sendThresholdReached,
      onPumping: metrics.pumpingSuspected,
    }),
    guesses: createGuessBudget({
      book,
      keys,
      allowances: values.VERIGATE_LIMIT_GUESSES,
      hasPumping,
      onSpraying: metrics.sprayingSuspected,
    }),
    nameOfUser: (user) => keys.ofUser(user).user[0],
  };
}

const passing: Layer<UnaryCall, Message> = (next) => next;
