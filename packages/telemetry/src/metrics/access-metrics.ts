import type { MetricEntry } from "./metric-entry.ts";
import type { Series } from "./series.ts";

/** What a caller showed; "none" where it is missing. */
export type Credential = (typeof credentials)[number];
export type AuthFailure = (typeof authFailures)[number];
/** Files that are followed while the gateway runs. */
export type WatchedSecret = (typeof watchedSecrets)[number];

/** What is read when the metrics are. */
export interface SecretFigures {
  /** Of each secret whose files are followed, whether what they hold is in force. */
  readonly areInForce: Readonly<Partial<Record<WatchedSecret, boolean>>>;
}

export interface AccessMetrics {
  /** A caller was refused because of what it showed, or did not show. */
  callerRefused(credential: Credential, reason: AuthFailure): void;
  /** Files have changed, and are in force, or were not right. */
  secretReloaded(secret: WatchedSecret, isFailed: boolean): void;
  readSecrets(figures: SecretFigures): void;
  /** The keys of an issuer could not be fetched. */
  keysNotFetched(): void;
  /** So many decisions could not be written to the audit log. */
  auditLost(count: number): void;
}

const credentials = ["none", "key", "jwt", "certificate"] as const;
const authFailures = ["missing", "malformed", "not_valid", "expired", "throttled", "unavailable"] as const;
const watchedSecrets = ["keys", "jwks", "policy", "tls", "upstream_ca", "account"] as const;
const [loaded, failed] = ["loaded", "failed"];

export const accessEntries: Readonly<Record<string, MetricEntry>> = {
  verigate_auth_failures_total: {
    type: "counter",
    help:
      "Calls that were refused because of the caller's credentials. throttled: too many wrong ones came from the " +
      "address, and these were not looked at; unavailable: nobody could tell, because the issuer's keys are missing.",
    labels: { credential: { values: credentials }, reason: { values: authFailures } },
    zeros: "all",
  },
  verigate_secret_reloads_total: {
    type: "counter",
    help: "How often files changed and were read again; where that failed, what they held before stays in force.",
    labels: { secret: { values: watchedSecrets }, result: { values: [loaded, failed] } },
    zeros: "all",
  },
  verigate_secret_in_force: {
    type: "gauge",
    help:
      "1 while what such files hold is in force; 0 while it is not right, and what they held before stays in force. " +
      "Absent where none are set.",
    labels: { secret: { values: watchedSecrets } },
  },
  verigate_policy_reload_failures_total: {
    type: "counter",
    help: "How often a policy changed and was not right, so that the one before stays in force.",
    labels: {},
    zeros: "all",
  },
  verigate_jwks_failures_total: {
    type: "counter",
    help: "How often the public keys of VERIGATE_JWT_JWKS could not be fetched; the last good ones stay in force.",
    labels: {},
    zeros: "all",
  },
  verigate_audit_lost_total: {
    type: "counter",
    help: "Decisions that could not be written to the audit log, or came faster than it could be written.",
    labels: {},
    zeros: "all",
  },
};

export function createAccessMetrics(series: Series): AccessMetrics {
  const refused = series.counter("verigate_auth_failures_total");
  const reloads = series.counter("verigate_secret_reloads_total");
  const policyFailures = series.counter("verigate_policy_reload_failures_total");
  const auditLost = series.counter("verigate_audit_lost_total");
  const jwksFailures = series.counter("verigate_jwks_failures_total");
  let figures: SecretFigures | undefined;
  series.gauge("verigate_secret_in_force", (set) => {
    for (const [secret, isInForce] of Object.entries(figures?.areInForce ?? {})) {
      set(Number(isInForce), { secret });
    }
  });
  return {
    callerRefused: (credential, reason) => refused.add({ credential, reason }),
    secretReloaded(secret, isFailed) {
      reloads.add({ secret, result: isFailed ? failed : loaded });
      if (isFailed && secret === "policy") {
        policyFailures.add({});
      }
    },
    readSecrets(given) {
      figures = given;
    },
    keysNotFetched: () => jwksFailures.add({}),
    auditLost: (count) => auditLost.add({}, count),
  };
}
