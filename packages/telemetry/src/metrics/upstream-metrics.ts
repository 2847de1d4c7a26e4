import type { OperationClass } from "@verigate/call";
import { classes, operationClasses, operations } from "./label-sets.ts";
import type { MetricEntry } from "./metric-entry.ts";
import type { GaugeSetter, Series } from "./series.ts";

/** How an attempt ended. */
export type AttemptOutcome = (typeof attemptOutcomes)[number];
/** Why an attempt was not made. */
export type RefusalReason = (typeof refusalReasons)[number];
/** What a repeat came after. */
export type RepeatReason = (typeof repeatReasons)[number];
/** Why there was no repeat where there would have been one. */
export type DenialReason = (typeof denialReasons)[number];
export type BreakerState = (typeof breakerStates)[number];
/** Where a user list came from. */
export type UserListResult = (typeof userListResults)[number];

/** What is read when the metrics are. */
export interface UpstreamFigures {
  /** The most attempts in flight. */
  readonly concurrencyLimit: number;
  /** Attempts per second; 0 is no limit. */
  readonly rateLimit: number;
  breakerState(operationClass: OperationClass): BreakerState;
  inFlight(operationClass: OperationClass): number;
  waiting(operationClass: OperationClass): number;
  /** From 0 to 1. */
  retryBudget(operationClass: OperationClass): number;
  areCredentialsLocked(): boolean;
}

export interface UpstreamMetrics {
  /** An attempt has ended, or could not even be sent. */
  attemptEnded(operation: string, outcome: AttemptOutcome): void;
  /** An attempt that was sent took so long. */
  attemptTook(operation: string, ms: number): void;
  attemptRefused(operationClass: OperationClass, reason: RefusalReason): void;
  attemptRepeated(operation: string, reason: RepeatReason): void;
  repeatDenied(operationClass: OperationClass, reason: DenialReason): void;
  breakerOpened(operationClass: OperationClass): void;
  /** An attempt waited for its turn. */
  turnWaited(ms: number): void;
  userListServed(result: UserListResult): void;
  readUpstream(figures: UpstreamFigures): void;
}

const attemptOutcomes = [
  "ok",
  "rejected",
  "not_found",
  "conflict",
  "unauthorized",
  "forbidden",
  "rate_limited",
  "server_error",
  "bad_response",
  "unreachable",
  "lost",
  "timeout",
] as const;
const refusalReasons = [
  "circuit_open",
  "queue_full",
  "queue_timeout",
  "orphans",
  "rate_limit",
  "credentials_locked",
] as const;
const repeatReasons = ["unreachable", "lost", "server_error", "rate_limited"] as const;
const denialReasons = ["budget", "deadline"] as const;
const breakerStates = ["closed", "half_open", "open"] as const;
const userListResults = ["kept", "fetched", "failed"] as const;

export const upstreamEntries: Readonly<Record<string, MetricEntry>> = {
  verigate_upstream_attempts_total: {
    type: "counter",
    help:
      "Requests to the provider, repeats too, by how they ended: ok; a 4xx as rejected, not_found, conflict, unauthorized, " +
      "forbidden or rate_limited; a 5xx as server_error; bad_response could not be understood; unreachable was not sent; " +
      "lost was sent and reset or cut; timeout was sent and not answered in time.",
    labels: { operation: operations, outcome: { values: attemptOutcomes } },
    zeros: "all",
  },
  verigate_upstream_attempt_seconds: {
    type: "histogram",
    help: "How long requests to the provider took that were sent, connecting included.",
    unit: "seconds",
    labels: { operation: operations },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 15, 30],
  },
  verigate_upstream_refusals_total: {
    type: "counter",
    help:
      "Requests to the provider that the gateway refused to make: the breaker was open; the queue was full, or the wait in " +
      "it too long; the caller had left too many behind; the wait for the rate would have been too long; the provider had " +
      "refused the account too often.",
    labels: { class: classes, reason: { values: refusalReasons } },
    zeros: "all",
  },
  verigate_upstream_retries_total: {
    type: "counter",
    help: "Repeats, by what the request before them ended in.",
    labels: { operation: operations, reason: { values: repeatReasons } },
    zeros: "all",
  },
  verigate_upstream_retries_denied_total: {
    type: "counter",
    help: "Repeats that were due and not made: most requests had failed, or the caller's deadline left no time.",
    labels: { class: classes, reason: { values: denialReasons } },
    zeros: "all",
  },
  verigate_upstream_retry_budget_ratio: {
    type: "gauge",
    help: "What is left for repeats; they stop at 0.5.",
    unit: "ratio",
    labels: { class: classes },
  },
  verigate_upstream_breaker_state: {
    type: "gauge",
    help: "1 for the state that the breaker is in, 0 for the others.",
    labels: { class: classes, state: { values: breakerStates } },
  },
  verigate_upstream_breaker_opened_total: {
    type: "counter",
    help: "How often the breaker opened, after a failed probe too.",
    labels: { class: classes },
    zeros: "all",
  },
  verigate_upstream_in_flight: {
    type: "gauge",
    help: "Requests to the provider in flight, or waiting for their turn with a slot in hand.",
    labels: { class: classes },
  },
  verigate_upstream_waiting: {
    type: "gauge",
    help: "Requests to the provider that wait for a slot.",
    labels: { class: classes },
  },
  verigate_upstream_concurrency_limit: {
    type: "gauge",
    help: "The most requests to the provider in flight: VERIGATE_UPSTREAM_CONCURRENCY.",
    labels: {},
  },
  verigate_upstream_rate_limit: {
    type: "gauge",
    help: "The most requests to the provider per second, 0 for no limit: VERIGATE_UPSTREAM_RPS.",
    labels: {},
  },
  verigate_upstream_rate_wait_seconds: {
    type: "histogram",
    help: "How long requests to the provider waited for their turn, of those that had to.",
    unit: "seconds",
    labels: {},
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  },
  verigate_upstream_credentials_locked: {
    type: "gauge",
    help: "1 while calls fail right here, because the provider has refused the account five times in a row.",
    labels: {},
  },
  verigate_user_lists_total: {
    type: "counter",
    help: "User lists that were asked for: kept from a moment ago, fetched, or failed to be.",
    labels: { result: { values: userListResults } },
    zeros: "all",
  },
};

export function createUpstreamMetrics(series: Series): UpstreamMetrics {
  const attempts = series.counter("verigate_upstream_attempts_total");
  const durations = series.histogram("verigate_upstream_attempt_seconds");
  const refusals = series.counter("verigate_upstream_refusals_total");
  const repeats = series.counter("verigate_upstream_retries_total");
  const denials = series.counter("verigate_upstream_retries_denied_total");
  const openings = series.counter("verigate_upstream_breaker_opened_total");
  const waits = series.histogram("verigate_upstream_rate_wait_seconds");
  const lists = series.counter("verigate_user_lists_total");

  let figures: UpstreamFigures | undefined;
  /** Nothing is read before there is something to read from. */
  const gauge = (name: string, read: (from: UpstreamFigures, set: GaugeSetter) => void) =>
    series.gauge(name, (set) => {
      if (figures !== undefined) {
        read(figures, set);
      }
    });
  const gaugeByClass = (name: string, read: (from: UpstreamFigures, operationClass: OperationClass) => number) =>
    gauge(name, (from, set) => {
      for (const operationClass of operationClasses) {
        set(read(from, operationClass), { class: operationClass });
      }
    });
  gaugeByClass("verigate_upstream_retry_budget_ratio", (from, operationClass) => from.retryBudget(operationClass));
  gaugeByClass("verigate_upstream_in_flight", (from, operationClass) => from.inFlight(operationClass));
  gaugeByClass("verigate_upstream_waiting", (from, operationClass) => from.waiting(operationClass));
  gauge("verigate_upstream_concurrency_limit", (from, set) => set(from.concurrencyLimit));
  gauge("verigate_upstream_rate_limit", (from, set) => set(from.rateLimit));
  gauge("verigate_upstream_credentials_locked", (from, set) => set(Number(from.areCredentialsLocked())));
  gauge("verigate_upstream_breaker_state", (from, set) => {
    for (const operationClass of operationClasses) {
      const current = from.breakerState(operationClass);
      for (const state of breakerStates) {
        set(Number(state === current), { class: operationClass, state });
      }
    }
  });
  return {
    attemptEnded: (operation, outcome) => attempts.add({ operation, outcome }),
    attemptTook: (operation, ms) => durations.observe({ operation }, ms / 1_000),
    attemptRefused: (operationClass, reason) => refusals.add({ class: operationClass, reason }),
    attemptRepeated: (operation, reason) => repeats.add({ operation, reason }),
    repeatDenied: (operationClass, reason) => denials.add({ class: operationClass, reason }),
    breakerOpened: (operationClass) => openings.add({ class: operationClass }),
    turnWaited: (ms) => waits.observe({}, ms / 1_000),
    userListServed: (result) => lists.add({ result }),
    readUpstream(given) {
      figures = given;
    },
  };
}
