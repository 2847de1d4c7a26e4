import { authMethods, errorReasons, serviceIds } from "./label-sets.ts";
import type { MetricEntry } from "./metric-entry.ts";
import type { Series } from "./series.ts";

/** How the check of a PIN ended. */
export type VerificationOutcome = (typeof verificationOutcomes)[number];

/** `serviceId` is the caller's; one without series of its own counts as `other`. Methods are `sms` and `totp`. */
export interface AuthMetrics {
  /** An authentication was initiated. */
  authInitiated(auth: { readonly serviceId: string; readonly requested: string; readonly used: string }): void;
  /** One could not be; `reason` is that of its ErrorInfo. */
  authInitiationFailed(serviceId: string, reason: string): void;
  /** A PIN was checked, or should have been. `method` is undefined where nothing tells. */
  pinChecked(check: {
    readonly serviceId: string;
    readonly method: string | undefined;
    readonly outcome: VerificationOutcome;
  }): void;
  /** A user was verified, `ms` after the latest initiation. */
  authCompleted(auth: { readonly method: string; readonly ms: number; readonly traceId?: string | undefined }): void;
  /** A user was neither verified nor asked again. */
  authAbandoned(serviceId: string, method: string): void;
}

const verificationOutcomes = ["verified", "invalid", "expired", "throttled", "error"] as const;
/** Of methods that were really used, none is unknown. */
const usedMethods = { values: authMethods.values };

export const authEntries: Readonly<Record<string, MetricEntry>> = {
  verigate_auth_initiated_total: {
    type: "counter",
    help:
      "Authentications initiated, by the method that was asked for and the one that the provider used: totp and sms " +
      "together are fall-backs. Replays by request_id are not counted again.",
    labels: { service_id: serviceIds, requested_method: usedMethods, used_method: usedMethods },
    zeros: "all",
  },
  verigate_auth_initiation_errors_total: {
    type: "counter",
    help:
      "InitiateAuth operations that ended in an error, by its reason, whether or not the caller still waited. Calls " +
      "that did not get as far as the operation are in verigate_rpc_errors_total alone.",
    labels: { service_id: serviceIds, reason: errorReasons },
  },
  verigate_auth_verifications_total: {
    type: "counter",
    help:
      "PINs checked, by the method that the answer or else the request names. error is every failure but invalid " +
      "arguments and callers that left. Replays by request_id are not counted again.",
    labels: {
      service_id: serviceIds,
      method: { ...authMethods, values: [...authMethods.values, "unknown"] },
      outcome: { values: verificationOutcomes },
    },
    zeros: "all",
  },
  verigate_auth_verification_seconds: {
    type: "histogram",
    help: "From the latest initiation of a user to the user's success, on whichever replica either was.",
    unit: "seconds",
    labels: { method: usedMethods },
    buckets: [2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600],
    hasExemplars: true,
  },
  verigate_auth_abandoned_total: {
    type: "counter",
    help:
      "Authentications that were initiated, and neither verified nor initiated again for 10 minutes. Each counts once " +
      "over all replicas that share a store, at the one that initiated it.",
    labels: { service_id: serviceIds, method: usedMethods },
    zeros: "all",
  },
};

export function createAuthMetrics(series: Series): AuthMetrics {
  const initiated = series.counter("verigate_auth_initiated_total");
  const failed = series.counter("verigate_auth_initiation_errors_total");
  const verifications = series.counter("verigate_auth_verifications_total");
  const durations = series.histogram("verigate_auth_verification_seconds");
  const abandoned = series.counter("verigate_auth_abandoned_total");
  return {
    authInitiated: ({ serviceId, requested, used }) =>
      initiated.add({ service_id: serviceId, requested_method: requested, used_method: used }),
    authInitiationFailed: (serviceId, reason) => failed.add({ service_id: serviceId, reason }),
    pinChecked: ({ serviceId, method = "unknown", outcome }) =>
      verifications.add({ service_id: serviceId, method, outcome }),
    authCompleted: ({ method, ms, traceId }) => durations.observe({ method }, ms / 1_000, traceId),
    authAbandoned: (serviceId, method) => abandoned.add({ service_id: serviceId, method }),
  };
}
