import { countryCodes } from "./country-codes.ts";
import { serviceIds, unknownName } from "./label-sets.ts";
import type { MetricEntry } from "./metric-entry.ts";
import type { Series } from "./series.ts";

/** Every limit, by the name that settings, metrics and audit call it. */
export const limitNames = [
  "guesses",
  "send_cooldown",
  "sends",
  "caller_rps",
  "service_sends",
  "countries",
  "pumping",
] as const;
export type LimitName = (typeof limitNames)[number];

const limitDecisions = ["allowed", "denied", "shadow_denied", "failed_open", "failed_closed"] as const;
export type LimitDecisionName = (typeof limitDecisions)[number];

/** In percent. */
export const sendThresholds = [50, 80, 100] as const;
export type SendThreshold = (typeof sendThresholds)[number];

/** What is read when the metrics are. */
export interface LimitFigures {
  /** Entries that this process keeps; undefined where they are kept elsewhere. */
  readonly entries: number | undefined;
}

/** `serviceId` is the caller's; one without series of its own counts as `other`. */
export interface LimitMetrics {
  limitDecided(limit: LimitName, decision: LimitDecisionName): void;
  /** A guess was wrong, one of many users' of the service. */
  sprayingSuspected(serviceId: string): void;
  /** A start was for a country whose PINs are hardly ever used. */
  pumpingSuspected(country: string): void;
  /** The PINs sent for a service have reached a share of its limit. */
  sendThresholdReached(serviceId: string, threshold: SendThreshold): void;
  readLimits(figures: LimitFigures): void;
}

export const limitEntries: Readonly<Record<string, MetricEntry>> = {
  verigate_limit_decisions_total: {
    type: "counter",
    help:
      "What each limit did about each call that it is for: allowed or denied it; shadow_denied: only recorded that it " +
      "would have; failed_open and failed_closed: let it go on or refused it because the store could not be asked.",
    labels: { limit: { values: limitNames }, decision: { values: limitDecisions } },
    zeros: "all",
  },
  verigate_limit_keys: {
    type: "gauge",
    help: "What limits keep in this process: one for each event, each remembered user and each slice of a count. 0 where a shared store keeps it.",
    labels: {},
  },
  verigate_limit_spraying_suspected_total: {
    type: "counter",
    help:
      "First wrong guesses at a user while, in 10 minutes, the first guess at 20 or more users of the service was " +
      "wrong, and more users than a fifth of those verified: one guess at each of many users looks like that.",
    labels: { service_id: serviceIds },
    zeros: "all",
  },
  verigate_limit_pumping_suspected_total: {
    type: "counter",
    help:
      "Starts for a country while, of 50 or more PINs that one service sent there within an hour, fewer than one in ten " +
      "was used. unknown: users whose phones this gateway has not seen.",
    labels: { country: { values: countryCodes, fallback: unknownName } },
  },
  verigate_service_sends_threshold_total: {
    type: "counter",
    help: "How often the PINs sent for one service within 24 hours reached so much percent of VERIGATE_LIMIT_SERVICE_SENDS.",
    labels: { service_id: serviceIds, threshold: { values: sendThresholds.map(String) } },
    zeros: "all",
  },
};

export function createLimitMetrics(series: Series): LimitMetrics {
  const decisions = series.counter("verigate_limit_decisions_total");
  const spraying = series.counter("verigate_limit_spraying_suspected_total");
  const pumping = series.counter("verigate_limit_pumping_suspected_total");
  const thresholds = series.counter("verigate_service_sends_threshold_total");
  let figures: LimitFigures | undefined;
  series.gauge("verigate_limit_keys", (set) => set(figures?.entries ?? 0));
  return {
    limitDecided: (limit, decision) => decisions.add({ limit, decision }),
    sprayingSuspected: (serviceId) => spraying.add({ service_id: serviceId }),
    pumpingSuspected: (country) => pumping.add({ country }),
    sendThresholdReached: (serviceId, threshold) =>
      thresholds.add({ service_id: serviceId, threshold: String(threshold) }),
    readLimits(given) {
      figures = given;
    },
  };
}
