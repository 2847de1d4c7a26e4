import type { DashboardSpec } from "./dashboard-spec.ts";
import { replicas, services } from "./selectors.ts";
import { serviceVariable } from "./service-variable.ts";

/** (a) Do users get in, how, how fast, and if not, why not. */
export const authenticationDashboard: DashboardSpec = {
  uid: "verigate-authentication",
  title: "Verigate: Authentication",
  description: "Whether users get in, by which method, how long it takes them, and why they do not.",
  variables: [serviceVariable],
  rows: [
    {
      title: "At a glance, over the time range",
      panels: [
        {
          kind: "figures",
          title: "Success rate",
          description:
            "PINs that were verified, among all that were checked or should have been. Users mistype: some 5 to 15 % below 100 are usual, a sudden fall is not.",
          unit: "percentunit",
          queries: [
            {
              legend: "verified",
              expr: `sum(increase(verigate_auth_verifications_total{${services}, outcome="verified"}[$__range])) / (sum(increase(verigate_auth_verifications_total{${services}}[$__range])) > 0)`,
            },
          ],
          width: 4,
          max: 1,
          judged: { good: "high", yellow: 0.8, red: 0.6 },
          alerts: ["VerigateSuccessRateCollapsed"],
        },
        {
          kind: "figures",
          title: "Logins finished",
          description:
            "Verified PINs for each login that was started. Starting again because no message came counts as another start.",
          unit: "percentunit",
          queries: [
            {
              legend: "finished",
              expr: `sum(increase(verigate_auth_verifications_total{${services}, outcome="verified"}[$__range])) / (sum(increase(verigate_auth_initiated_total{${services}}[$__range])) > 0)`,
            },
          ],
          width: 4,
          max: 1,
          judged: { good: "high", yellow: 0.7, red: 0.5 },
        },
        {
          kind: "figures",
          title: "Fall-back rate",
          description:
            "Logins that asked for TOTP and got a text message instead, because the phone has no paired device. Each costs a message.",
          unit: "percentunit",
          queries: [
            {
              legend: "fell back",
              expr: `sum(increase(verigate_auth_initiated_total{${services}, requested_method="totp", used_method="sms"}[$__range])) / (sum(increase(verigate_auth_initiated_total{${services}, requested_method="totp"}[$__range])) > 0)`,
            },
          ],
          width: 4,
          max: 1,
        },
        {
          kind: "figures",
          title: "Time to verify, median",
          description:
            "From a user's latest start to the verified PIN, for half of them at most. Not known by service.",
          unit: "s",
          queries: [
            {
              legend: "median",
              expr: `histogram_quantile(0.5, sum by (le) (increase(verigate_auth_verification_seconds_bucket{${replicas}}[$__range])))`,
            },
          ],
          width: 4,
        },
        {
          kind: "figures",
          title: "Time to verify, slowest 5 %",
          description:
            "From a user's latest start to the verified PIN: 95 of 100 are faster. Messages that arrive late show here first. Not known by service.",
          unit: "s",
          queries: [
            {
              legend: "95 %",
              expr: `histogram_quantile(0.95, sum by (le) (increase(verigate_auth_verification_seconds_bucket{${replicas}}[$__range])))`,
            },
          ],
          width: 4,
          judged: { good: "low", yellow: 60, red: 180 },
        },
        {
          kind: "figures",
          title: "Abandoned",
          description:
            "Logins that were neither finished nor started again within ten minutes, for each that was started. A message that never arrives ends like this.",
          unit: "percentunit",
          queries: [
            {
              legend: "abandoned",
              expr: `sum(increase(verigate_auth_abandoned_total{${services}}[$__range])) / (sum(increase(verigate_auth_initiated_total{${services}}[$__range])) > 0)`,
            },
          ],
          width: 4,
          max: 1,
          judged: { good: "low", yellow: 0.2, red: 0.4 },
          alerts: ["VerigateAuthenticationsAbandoned"],
        },
      ],
    },
    {
      title: "Success and the way there",
      panels: [
        {
          kind: "lines",
          title: "Success rate by method",
          description: "PINs that were verified, among all that were checked or should have been.",
          unit: "percentunit",
          queries: [
            {
              legend: "all",
              expr: `sum(rate(verigate_auth_verifications_total{${services}, outcome="verified"}[$__rate_interval])) / (sum(rate(verigate_auth_verifications_total{${services}}[$__rate_interval])) > 0)`,
            },
            {
              legend: "{{method}}",
              expr: `sum by (method) (rate(verigate_auth_verifications_total{${services}, outcome="verified"}[$__rate_interval])) / (sum by (method) (rate(verigate_auth_verifications_total{${services}, method!="unknown"}[$__rate_interval])) > 0)`,
            },
          ],
          width: 8,
          max: 1,
          alerts: ["VerigateSuccessRateCollapsed"],
        },
        {
          kind: "bars",
          title: "Funnel, over the time range",
          description:
            "How many logins were asked for, were started, had a PIN checked, and succeeded. One login may have several PINs checked.",
          unit: "short",
          queries: [
            {
              legend: "asked for",
              expr: `sum(increase(verigate_auth_initiated_total{${services}}[$__range])) + (sum(increase(verigate_auth_initiation_errors_total{${services}}[$__range])) or vector(0))`,
            },
            {
              legend: "started",
              expr: `sum(increase(verigate_auth_initiated_total{${services}}[$__range]))`,
            },
            {
              legend: "PINs checked",
              expr: `sum(increase(verigate_auth_verifications_total{${services}, outcome!="error"}[$__range]))`,
            },
            {
              legend: "verified",
              expr: `sum(increase(verigate_auth_verifications_total{${services}, outcome="verified"}[$__range]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Time to verify",
          description:
            "From a user's latest start to the verified PIN, by method: half are faster than the median, 95 of 100 faster than the other line. Points lead to traces, where those are on.",
          unit: "s",
          queries: [
            {
              legend: "{{method}} median",
              expr: `histogram_quantile(0.5, sum by (method, le) (rate(verigate_auth_verification_seconds_bucket{${replicas}}[$__rate_interval])))`,
            },
            {
              legend: "{{method}} 95 %",
              expr: `histogram_quantile(0.95, sum by (method, le) (rate(verigate_auth_verification_seconds_bucket{${replicas}}[$__rate_interval])))`,
              hasExemplars: true,
            },
          ],
          width: 8,
        },
        {
          kind: "stack",
          title: "Logins started, by requested and used method",
          description: "A TOTP that was asked for and became a text message is a fall-back.",
          unit: "reqps",
          queries: [
            {
              legend: "{{requested_method}} → {{used_method}}",
              expr: `sum by (requested_method, used_method) (rate(verigate_auth_initiated_total{${services}}[$__rate_interval])) > 0`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Fall-back rate",
          description:
            "Of the logins that asked for TOTP, those that got a text message. A rise means that devices lost their pairing, or that somebody asks for users who have none.",
          unit: "percentunit",
          queries: [
            {
              legend: "TOTP → SMS",
              expr: `sum(rate(verigate_auth_initiated_total{${services}, requested_method="totp", used_method="sms"}[$__rate_interval])) / (sum(rate(verigate_auth_initiated_total{${services}, requested_method="totp"}[$__rate_interval])) > 0)`,
            },
          ],
          width: 8,
          max: 1,
        },
        {
          kind: "stack",
          title: "PINs checked, by outcome",
          description: "Every VerifyPin with an outcome. Repeats with the same request_id are not counted again.",
          unit: "reqps",
          queries: [
            {
              legend: "{{outcome}}",
              expr: `sum by (outcome) (rate(verigate_auth_verifications_total{${services}}[$__rate_interval]))`,
            },
          ],
          colors: { verified: "green", invalid: "yellow", expired: "orange", throttled: "purple", error: "red" },
          width: 8,
        },
      ],
    },
    {
      title: "Failures by reason",
      panels: [
        {
          kind: "lines",
          title: "PINs that were not verified",
          description:
            "invalid is mistyped or guessed, expired came too late, throttled was not looked at after too many wrong ones, error is no answer at all.",
          unit: "reqps",
          queries: [
            {
              legend: "{{outcome}}",
              expr: `sum by (outcome) (rate(verigate_auth_verifications_total{${services}, outcome!="verified"}[$__rate_interval]))`,
            },
          ],
          colors: { invalid: "yellow", expired: "orange", throttled: "purple", error: "red" },
          width: 8,
        },
        {
          kind: "lines",
          title: "Starts that failed",
          description:
            "InitiateAuth calls that ended in an error, by its reason (docs/errors.md). With OUTCOME_UNKNOWN a message may have been sent all the same.",
          unit: "reqps",
          queries: [
            {
              legend: "{{reason}}",
              expr: `sum by (reason) (rate(verigate_auth_initiation_errors_total{${services}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateOutcomesUnknown"],
        },
        {
          kind: "lines",
          title: "Abandoned logins",
          description:
            "Counted ten minutes after the start. One method alone points to its delivery, all together to the callers' page or to the upstream.",
          unit: "reqps",
          queries: [
            {
              legend: "{{method}}",
              expr: `sum by (method) (rate(verigate_auth_abandoned_total{${services}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateAuthenticationsAbandoned"],
        },
      ],
    },
    {
      title: "By service",
      panels: [
        {
          kind: "lines",
          title: "Success rate by service",
          description: "One service that falls while the others do not has a problem of its own, or an attacker.",
          unit: "percentunit",
          queries: [
            {
              legend: "{{service_id}}",
              expr: `sum by (service_id) (rate(verigate_auth_verifications_total{${services}, outcome="verified"}[$__rate_interval])) / (sum by (service_id) (rate(verigate_auth_verifications_total{${services}}[$__rate_interval])) > 0)`,
            },
          ],
          width: 8,
          max: 1,
        },
        {
          kind: "stack",
          title: "Text messages by service",
          description:
            "Logins that were started by text message. Each costs money: a rise without more users may be pumping.",
          unit: "reqps",
          queries: [
            {
              legend: "{{service_id}}",
              expr: `sum by (service_id) (rate(verigate_auth_initiated_total{${services}, used_method="sms"}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateSmsSpendAnomaly"],
        },
        {
          kind: "lines",
          title: "Wrong PINs by service",
          description:
            "Wrong guesses, and those that were not looked at any more. Many at once, each for another user, are spraying.",
          unit: "reqps",
          queries: [
            {
              legend: "{{service_id}}",
              expr: `sum by (service_id) (rate(verigate_auth_verifications_total{${services}, outcome=~"invalid|throttled"}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
      ],
    },
  ],
};
