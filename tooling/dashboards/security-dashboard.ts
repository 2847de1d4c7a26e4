import type { DashboardSpec } from "./dashboard-spec.ts";
import { replicas, services } from "./selectors.ts";
import { serviceVariable } from "./service-variable.ts";

/** Decisions of limits; the rate of callers guards capacity, and is on the gateway's dashboard. */
const decisions = `verigate_limit_decisions_total{${replicas}, limit!="caller_rps"`;
const guesses = `verigate_limit_decisions_total{${replicas}, limit="guesses"`;
const overBudget = `${guesses}, decision=~"denied|shadow_denied"}`;
/** Reasons with which a caller is refused for what it is, or for what it may. */
const callerReasons = "CALLER_UNAUTHENTICATED|CALLER_NOT_ALLOWED|CALLER_RATE_LIMITED|COUNTRY_NOT_ALLOWED";
const inForceWords = { 0: { text: "the old one", color: "red" }, 1: { text: "in force", color: "green" } } as const;

/** (d) Who is turned away, what looks like an attack, and whether what guards against it works. */
export const securityDashboard: DashboardSpec = {
  uid: "verigate-security",
  title: "Verigate: Security",
  description: "Callers, limits and attacks: who is turned away, what is suspected, and whether what guards works.",
  variables: [serviceVariable],
  rows: [
    {
      title: "At a glance, over the time range",
      panels: [
        {
          kind: "figures",
          title: "Guesses over budget",
          description:
            "Guesses at PINs whose users had none left, among all. People who mistype make some; above 5 % somebody tries PINs, or a client repeats what it must not.",
          unit: "percentunit",
          queries: [
            {
              legend: "over budget",
              expr: `sum(increase(${overBudget}[$__range])) / (sum(increase(${guesses}}[$__range])) > 0)`,
            },
          ],
          width: 4,
          max: 1,
          judged: { good: "low", yellow: 0.01, red: 0.05 },
          alerts: ["VerigateGuessBudgetsExhausted"],
        },
        {
          kind: "figures",
          title: "Spraying suspected",
          description:
            "First wrong guesses at users while the first guess at many other users of the service was wrong, too. Any is a reason to look.",
          unit: "short",
          queries: [
            {
              legend: "guesses",
              expr: `sum(increase(verigate_limit_spraying_suspected_total{${services}}[$__range]))`,
            },
          ],
          width: 4,
          judged: { good: "low", yellow: 1, red: 20 },
          alerts: ["VerigateSprayingSuspected"],
        },
        {
          kind: "figures",
          title: "Pumping suspected",
          description:
            "Starts for countries whose PINs are hardly ever used. Not known by service. A burst of first logins makes some, too.",
          unit: "short",
          queries: [
            {
              legend: "starts",
              expr: `sum(increase(verigate_limit_pumping_suspected_total{${replicas}}[$__range])) or vector(0)`,
            },
          ],
          width: 4,
          judged: { good: "low", yellow: 1, red: 50 },
          alerts: ["VerigatePumpingSuspected"],
        },
        {
          kind: "figures",
          title: "Callers refused",
          description:
            "Calls that were refused because of what their callers showed, or did not show. Without an attack they are a service with the wrong key.",
          unit: "short",
          queries: [{ legend: "calls", expr: `sum(increase(verigate_auth_failures_total{${replicas}}[$__range]))` }],
          width: 4,
          alerts: ["VerigateCallersRefused"],
        },
        {
          kind: "figures",
          title: "Keys, policy, certificates",
          description:
            "Whether what all files hold is in force. Where one is not right, what it held before is, and a replica that starts now fails. Empty where none are set.",
          unit: "short",
          queries: [{ legend: "in force", expr: `min(verigate_secret_in_force{${replicas}})` }],
          width: 4,
          words: inForceWords,
          alerts: ["VerigateReloadFailed"],
        },
        {
          kind: "figures",
          title: "Lost to the audit log",
          description:
            "Decisions that could not be written to VERIGATE_AUDIT_LOG, and are gone: its disk is full or away, or too slow for what comes.",
          unit: "short",
          queries: [{ legend: "lost", expr: `sum(increase(verigate_audit_lost_total{${replicas}}[$__range]))` }],
          width: 4,
          judged: { good: "low", yellow: 1, red: 1_000 },
          alerts: ["VerigateAuditLost"],
        },
      ],
    },
    {
      title: "Attacks",
      panels: [
        {
          kind: "lines",
          title: "Guesses, by what the budget decided",
          description:
            "denied was not looked at; shadow_denied would not have been; failed_open and failed_closed could not ask the store. Callers' repeats with a known request_id are in it.",
          unit: "reqps",
          queries: [{ legend: "{{decision}}", expr: `sum by (decision) (rate(${guesses}}[$__rate_interval]))` }],
          colors: { allowed: "green", denied: "red", shadow_denied: "orange" },
          width: 8,
          alerts: ["VerigateGuessBudgetsExhausted"],
        },
        {
          kind: "lines",
          title: "Spraying suspected, by service",
          description:
            "First wrong guesses at users while the first guess at many other users of the service was wrong too: one PIN tried on everybody looks like that.",
          unit: "reqps",
          queries: [
            {
              legend: "{{service_id}}",
              expr: `sum by (service_id) (rate(verigate_limit_spraying_suspected_total{${services}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateSprayingSuspected"],
        },
        {
          kind: "lines",
          title: "Pumping suspected, by country",
          description:
            "Starts for a country whose PINs are hardly ever used: somebody may earn with the messages. Not known by service. Empty until there is one.",
          unit: "reqps",
          queries: [
            {
              legend: "{{country}}",
              expr: `sum by (country) (rate(verigate_limit_pumping_suspected_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigatePumpingSuspected"],
        },
      ],
    },
    {
      title: "Limits",
      panels: [
        {
          kind: "lines",
          title: "Over a limit",
          description:
            "What limits refused, and what they would have where they are shadows, which only record. Empty while there is nothing.",
          unit: "reqps",
          queries: [
            {
              legend: "{{limit}} {{decision}}",
              expr: `sum by (limit, decision) (rate(${decisions}, decision=~"denied|shadow_denied"}[$__rate_interval])) > 0`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Limits that could not be asked",
          description:
            "Because the store was down or full: failed_closed refused the call, failed_open let it go on, uncounted. VERIGATE_STORE_FAILURE decides which. Of new users, the phone is not remembered.",
          unit: "reqps",
          queries: [
            {
              legend: "{{limit}} {{decision}}",
              expr: `sum by (limit, decision) (rate(${decisions}, decision=~"failed_open|failed_closed"}[$__rate_interval])) > 0`,
            },
          ],
          width: 8,
          alerts: ["VerigateLimitsFailOpen", "VerigateStoreFailsClosed"],
        },
        {
          kind: "bars",
          title: "Services near their limit of PINs",
          description:
            "How often a service reached so much of VERIGATE_LIMIT_SERVICE_SENDS in the time range. From 100 % on its starts are refused. Empty while none has.",
          unit: "short",
          queries: [
            {
              legend: "{{threshold}} % of {{service_id}}",
              expr: `sum by (service_id, threshold) (increase(verigate_service_sends_threshold_total{${services}}[$__range])) > 0`,
            },
          ],
          width: 8,
          alerts: ["VerigateServiceSendsNearLimit", "VerigateServiceSendsRefused"],
        },
      ],
    },
    {
      title: "Callers",
      panels: [
        {
          kind: "lines",
          title: "Callers refused, by what was wrong",
          description:
            "Because of what they showed. throttled: too much was wrong from that address, and no more was looked at; unavailable: an issuer's keys are missing. Empty while there are none.",
          unit: "reqps",
          queries: [
            {
              legend: "{{credential}} {{reason}}",
              expr: `sum by (credential, reason) (rate(verigate_auth_failures_total{${replicas}}[$__rate_interval])) > 0`,
            },
          ],
          width: 12,
          alerts: ["VerigateCallersRefused"],
        },
        {
          kind: "lines",
          title: "Callers refused, by what they were told",
          description:
            "Whoever is not known, may not do what it asked for, or asks too often (docs/errors.md has the reasons). A policy that was meant otherwise shows as CALLER_NOT_ALLOWED.",
          unit: "reqps",
          queries: [
            {
              legend: "{{reason}}",
              expr: `sum by (reason) (rate(verigate_rpc_errors_total{${replicas}, reason=~"${callerReasons}"}[$__rate_interval]))`,
            },
          ],
          width: 12,
        },
      ],
    },
    {
      title: "Files that are followed, and the audit log",
      panels: [
        {
          kind: "lines",
          title: "Secrets and policies read again",
          description:
            "Files that changed. Where one was not right, or an issuer's keys could not be fetched, what was there before stays in force: that must not last.",
          unit: "ops",
          queries: [
            {
              legend: "{{result}}",
              expr: `sum by (result) (rate(verigate_secret_reloads_total{${replicas}}[$__rate_interval]))`,
            },
            {
              legend: "issuer's keys not fetched",
              expr: `sum(rate(verigate_jwks_failures_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          colors: { failed: "red" },
          alerts: ["VerigateReloadFailed", "VerigateIssuerKeysNotFetched"],
        },
        {
          kind: "lines",
          title: "In force, by file",
          description:
            "The worst of the replicas: whether what the file holds is in force, or what it held before. Empty where none are set.",
          unit: "short",
          queries: [{ legend: "{{secret}}", expr: `min by (secret) (verigate_secret_in_force{${replicas}})` }],
          width: 8,
          max: 1,
          words: inForceWords,
          isStepped: true,
          alerts: ["VerigateReloadFailed"],
        },
        {
          kind: "lines",
          title: "Lost to the audit log, by replica",
          description:
            "Decisions that could not be written, or came faster than they could be. Whoever wants to hide may flood it.",
          unit: "ops",
          queries: [
            {
              legend: "{{instance}}",
              expr: `sum by (instance) (rate(verigate_audit_lost_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateAuditLost"],
        },
      ],
    },
  ],
};
