import type { DashboardSpec } from "./dashboard-spec.ts";
import { replicas } from "./selectors.ts";

/** Outcomes that are none of the caller's doing: what the breaker counts. */
const failures = "server_error|bad_response|unreachable|lost|timeout";
const operations = `${replicas}, operation=~"$operation"`;
/** 0 closed, 1 half open, 2 open: the worst of the replicas. */
const breakerState = (grouping: string) =>
  `max by (${grouping}) (sum by (instance, class) (verigate_upstream_breaker_state{${replicas}, state="half_open"}) + 2 * sum by (instance, class) (verigate_upstream_breaker_state{${replicas}, state="open"}))`;
const breakerWords = {
  0: { text: "closed", color: "green" },
  1: { text: "half open", color: "yellow" },
  2: { text: "open", color: "red" },
} as const;

/** (c) Does the provider answer, how fast, and what does the gateway do about it. */
export const upstreamDashboard: DashboardSpec = {
  uid: "verigate-upstream",
  title: "Verigate: Upstream",
  description: "How the provider's API does, and what the gateway does about it: repeats, breaker, concurrency, rate.",
  variables: [
    {
      name: "operation",
      label: "operation",
      description: "Operations of the provider's API.",
      metric: "verigate_upstream_attempts_total",
    },
  ],
  rows: [
    {
      title: "Health",
      panels: [
        {
          kind: "figures",
          title: "Attempts that succeeded",
          description:
            "Requests upstream that came back with an answer, also where the answer is no. Failures are server errors, nonsense, lost or refused connections, time-outs.",
          unit: "percentunit",
          queries: [
            {
              legend: "answered",
              expr: `1 - (sum(increase(verigate_upstream_attempts_total{${operations}, outcome=~"${failures}"}[$__range])) or vector(0)) / (sum(increase(verigate_upstream_attempts_total{${operations}}[$__range])) > 0)`,
            },
          ],
          width: 4,
          max: 1,
          judged: { good: "high", yellow: 0.99, red: 0.95 },
          alerts: ["VerigateUpstreamBurnsFast", "VerigateUpstreamBurnsSlowly"],
        },
        {
          kind: "figures",
          title: "Breaker",
          description:
            "Whether calls are let through, by class, the worst of the replicas. Open refuses at once; half open lets single ones try.",
          unit: "short",
          queries: [{ legend: "{{class}}", expr: breakerState("class") }],
          width: 8,
          words: breakerWords,
          alerts: ["VerigateBreakerStaysOpen"],
        },
        {
          kind: "figures",
          title: "Account",
          description:
            "Refused: the provider said 401 five times in a row, and calls fail here at once. The account's name or password is wrong.",
          unit: "short",
          queries: [{ legend: "account", expr: `max(verigate_upstream_credentials_locked{${replicas}})` }],
          width: 4,
          words: { 0: { text: "accepted", color: "green" }, 1: { text: "refused", color: "red" } },
          alerts: ["VerigateUpstreamCredentialsRejected"],
        },
        {
          kind: "figures",
          title: "Attempts per call",
          description: "Requests upstream for one call. Repeats make it more than 1, replays and kept lists less.",
          unit: "short",
          queries: [
            {
              legend: "attempts",
              expr: `sum(increase(verigate_upstream_attempts_total{${replicas}}[$__range])) / (sum(increase(grpc_server_handled_total{${replicas}, grpc_service=~"verigate[.]v1[.].+"}[$__range])) > 0)`,
            },
          ],
          width: 4,
          judged: { good: "low", yellow: 1.2, red: 1.5 },
        },
        {
          kind: "figures",
          title: "Latency, slowest 1 %",
          description: "Of requests that were sent: 99 of 100 are answered faster.",
          unit: "s",
          queries: [
            {
              legend: "99 %",
              expr: `histogram_quantile(0.99, sum by (le) (increase(verigate_upstream_attempt_seconds_bucket{${operations}}[$__range])))`,
            },
          ],
          width: 4,
        },
        {
          kind: "stack",
          title: "Attempts by outcome",
          description:
            "unreachable was not sent; lost was sent, and its answer never came; rejected, not_found, conflict are answers to the caller's request; unauthorized and forbidden are about our account.",
          unit: "reqps",
          queries: [
            {
              legend: "{{outcome}}",
              expr: `sum by (outcome) (rate(verigate_upstream_attempts_total{${operations}}[$__rate_interval])) > 0`,
            },
          ],
          colors: { ok: "green", timeout: "red", server_error: "dark-red", lost: "orange", unreachable: "dark-orange" },
          width: 8,
        },
        {
          kind: "lines",
          title: "Share of attempts that failed, by operation",
          description:
            "Server errors, nonsense, lost or refused connections, time-outs. The breaker opens at half of a class.",
          unit: "percentunit",
          queries: [
            {
              legend: "{{operation}}",
              expr: `sum by (operation) (rate(verigate_upstream_attempts_total{${operations}, outcome=~"${failures}"}[$__rate_interval])) / (sum by (operation) (rate(verigate_upstream_attempts_total{${operations}}[$__rate_interval])) > 0)`,
            },
          ],
          width: 8,
          max: 1,
        },
        {
          kind: "lines",
          title: "Failures by kind",
          description:
            "timeout: slow. server_error: up and broken. unreachable: network, DNS or TLS. lost: something on the way cuts connections. bad_response: not the API at all, or a new version of it. Empty while all is well.",
          unit: "reqps",
          queries: [
            {
              legend: "{{outcome}}",
              expr: `sum by (outcome) (rate(verigate_upstream_attempts_total{${operations}, outcome=~"${failures}|unauthorized|forbidden"}[$__rate_interval])) > 0`,
            },
          ],
          colors: { timeout: "red", server_error: "dark-red", lost: "orange", unreachable: "dark-orange" },
          width: 8,
          alerts: ["VerigateUpstreamForbidden", "VerigateOutcomesUnknown"],
        },
      ],
    },
    {
      title: "Latency",
      panels: [
        {
          kind: "lines",
          title: "Latency: median by operation",
          description: "Of requests that were sent, from the first byte to the whole answer.",
          unit: "s",
          queries: [
            {
              legend: "{{operation}}",
              expr: `histogram_quantile(0.5, sum by (operation, le) (rate(verigate_upstream_attempt_seconds_bucket{${operations}}[$__rate_interval])))`,
            },
          ],
          width: 12,
        },
        {
          kind: "lines",
          title: "Latency: slowest 1 % by operation",
          description:
            "99 of 100 are faster. Time-outs end at VERIGATE_ATTEMPT_TIMEOUT, or at VERIGATE_UNSAFE_ATTEMPT_TIMEOUT.",
          unit: "s",
          queries: [
            {
              legend: "{{operation}}",
              expr: `histogram_quantile(0.99, sum by (operation, le) (rate(verigate_upstream_attempt_seconds_bucket{${operations}}[$__rate_interval])))`,
            },
          ],
          width: 12,
        },
      ],
    },
    {
      title: "Repeats",
      panels: [
        {
          kind: "stack",
          title: "Repeats by reason",
          description:
            "Attempts that were made again, by what the one before ended in; lost is a time-out, too. What is not safe to repeat is repeated only where it was not carried out.",
          unit: "reqps",
          queries: [
            {
              legend: "{{reason}}",
              expr: `sum by (reason) (rate(verigate_upstream_retries_total{${operations}}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Repeats that were not made",
          description:
            "budget: so much fails that repeats would only add to the load. deadline: the caller's time would not have sufficed.",
          unit: "reqps",
          queries: [
            {
              legend: "{{class}} {{reason}}",
              expr: `sum by (class, reason) (rate(verigate_upstream_retries_denied_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Budget for repeats",
          description:
            "What is left of it by class, the least of the replicas. Successes fill it, failures empty it; below half nothing is repeated.",
          unit: "percentunit",
          queries: [
            { legend: "{{class}}", expr: `min by (class) (verigate_upstream_retry_budget_ratio{${replicas}})` },
          ],
          width: 8,
          max: 1,
          judged: { good: "high", yellow: 0.75, red: 0.5 },
          alerts: ["VerigateRetryBudgetExhausted"],
        },
      ],
    },
    {
      title: "Breaker",
      panels: [
        {
          kind: "lines",
          title: "Breaker by class",
          description:
            "The worst of the replicas. It opens when half of a class's attempts fail, and tries again after VERIGATE_BREAKER_OPEN.",
          unit: "short",
          queries: [{ legend: "{{class}}", expr: breakerState("class") }],
          width: 12,
          max: 2,
          words: breakerWords,
          isStepped: true,
          alerts: ["VerigateBreakerStaysOpen"],
        },
        {
          kind: "bars",
          title: "Breaker openings, over the time range",
          description: "How often it opened, of all replicas together.",
          unit: "short",
          queries: [
            {
              legend: "{{class}}",
              expr: `sum by (class) (increase(verigate_upstream_breaker_opened_total{${replicas}}[$__range]))`,
            },
          ],
          width: 12,
        },
      ],
    },
    {
      title: "Concurrency and rate",
      panels: [
        {
          kind: "lines",
          title: "Attempts in flight, and the limit",
          description:
            "Requests upstream that have no answer yet, of all replicas together, and how many there may be. Authentication always has half of them, lists never more than two a replica.",
          unit: "short",
          queries: [
            { legend: "{{class}}", expr: `sum by (class) (verigate_upstream_in_flight{${replicas}})` },
            { legend: "limit", expr: `sum(verigate_upstream_concurrency_limit{${replicas}})` },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Attempts that wait for a slot",
          description:
            "Where it is not zero for long, the provider is slow or VERIGATE_UPSTREAM_CONCURRENCY is small. Whoever waits for a second is refused.",
          unit: "short",
          queries: [{ legend: "{{class}}", expr: `sum by (class) (verigate_upstream_waiting{${replicas}})` }],
          width: 8,
        },
        {
          kind: "lines",
          title: "Attempts that the gateway refused",
          description:
            "circuit_open: the breaker. queue_full, queue_timeout, orphans: no slot. rate_limit: no turn. credentials_locked: the account was refused. Empty while there are none.",
          unit: "reqps",
          queries: [
            {
              legend: "{{class}} {{reason}}",
              expr: `sum by (class, reason) (rate(verigate_upstream_refusals_total{${replicas}}[$__rate_interval])) > 0`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Attempts a second, and the limit",
          description:
            "The provider allows 150 a second for each source address. The limit is VERIGATE_UPSTREAM_RPS, times the replicas where they do not share a store; without it there is no line.",
          unit: "reqps",
          queries: [
            { legend: "attempts", expr: `sum(rate(verigate_upstream_attempts_total{${replicas}}[$__rate_interval]))` },
            { legend: "limit of a replica", expr: `max(verigate_upstream_rate_limit{${replicas}} > 0)` },
          ],
          width: 8,
          alerts: ["VerigateUpstreamRateLimited"],
        },
        {
          kind: "lines",
          title: "Waits for a turn",
          description:
            "Of the attempts that had to wait because of VERIGATE_UPSTREAM_RPS: half waited less than the median, 95 of 100 less than the other line.",
          unit: "s",
          queries: [
            {
              legend: "median",
              expr: `histogram_quantile(0.5, sum by (le) (rate(verigate_upstream_rate_wait_seconds_bucket{${replicas}}[$__rate_interval])))`,
            },
            {
              legend: "95 %",
              expr: `histogram_quantile(0.95, sum by (le) (rate(verigate_upstream_rate_wait_seconds_bucket{${replicas}}[$__rate_interval])))`,
            },
          ],
          width: 8,
        },
        {
          kind: "stack",
          title: "User lists",
          description:
            "Where lists came from: kept from a moment ago, fetched, or neither. One fetch brings all users of a service.",
          unit: "reqps",
          queries: [
            {
              legend: "{{result}}",
              expr: `sum by (result) (rate(verigate_user_lists_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
      ],
    },
  ],
};
