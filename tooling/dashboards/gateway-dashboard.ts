import type { DashboardSpec } from "./dashboard-spec.ts";
import { jobs, ownCalls, replicas } from "./selectors.ts";

/** Reasons with which the gateway or the provider says "too many" or "too much". */
const limitReasons =
  "REQUEST_TOO_LARGE|CALLER_RATE_LIMITED|SEND_COOLDOWN|SEND_LIMIT|SERVICE_SEND_LIMIT|PUMPING_SUSPECTED|UPSTREAM_RATE_LIMITED";

/** (b) Does the gateway answer, how fast, what is full, and what is turned away. */
export const gatewayDashboard: DashboardSpec = {
  uid: "verigate-gateway",
  title: "Verigate: Gateway",
  description: "Rate, errors and duration of every method, how full the process is, and what is turned away.",
  variables: [
    {
      name: "grpc_method",
      label: "method",
      description: "RPCs; `unknown` is every method that does not exist.",
      metric: "grpc_server_started_total",
    },
  ],
  rows: [
    {
      title: "Objectives",
      panels: [
        {
          kind: "figures",
          title: "Availability",
          description:
            "Calls that did not end in an error for which the gateway, its capacity or the provider has to answer. The objective is 99.9 %. Wrong PINs and callers' mistakes are answers like any other.",
          unit: "percentunit",
          queries: [
            {
              legend: "availability",
              expr: `1 - (sum(increase(verigate_rpc_errors_total{${ownCalls}, owner=~"gateway|capacity|upstream"}[$__range])) or vector(0)) / (sum(increase(grpc_server_handled_total{${ownCalls}}[$__range])) > 0)`,
            },
          ],
          width: 5,
          max: 1,
          judged: { good: "high", yellow: 0.9995, red: 0.999 },
          alerts: ["VerigateAvailabilityBurnsFast", "VerigateAvailabilityBurnsSlowly"],
        },
        {
          kind: "figures",
          title: "Budget left: availability",
          description:
            "What is left of the 0.1 % of calls that may go wrong within 30 days. Below zero the objective is missed. Needs the recording rules (deploy/prometheus).",
          unit: "percentunit",
          queries: [
            {
              legend: "left",
              expr: `1 - max(namespace_job:verigate_rpc_bad:ratio_rate30d{${jobs}}) / 0.001`,
            },
          ],
          width: 5,
          max: 1,
          judged: { good: "high", yellow: 0.5, red: 0.1 },
        },
        {
          kind: "figures",
          title: "Budget left: latency",
          description:
            "What is left of the 1 % of logins' calls that may take longer than 2.5 s within 30 days. Needs the recording rules (deploy/prometheus).",
          unit: "percentunit",
          queries: [
            {
              legend: "left",
              expr: `1 - max(namespace_job:verigate_auth_rpc_slow:ratio_rate30d{${jobs}}) / 0.01`,
            },
          ],
          width: 5,
          max: 1,
          judged: { good: "high", yellow: 0.5, red: 0.1 },
          alerts: ["VerigateLatencyBurnsFast", "VerigateLatencyBurnsSlowly"],
        },
        {
          kind: "figures",
          title: "Replicas ready",
          description: "Replicas that say that they are ready. An upstream that fails does not make them unready.",
          unit: "short",
          queries: [{ legend: "ready", expr: `sum(verigate_ready{${replicas}})` }],
          width: 4,
          alerts: ["VerigateNotReady", "VerigateReplicaOut", "VerigateGone", "VerigateTelemetryAbsent"],
        },
        {
          kind: "figures",
          title: "Versions",
          description:
            "Replicas by version and Node. More than one version means that a roll-out is under way, or stuck.",
          unit: "short",
          queries: [
            {
              legend: "{{version}}, Node {{node}}",
              expr: `sum by (version, node) (verigate_build_info{${replicas}})`,
            },
          ],
          width: 5,
        },
        {
          kind: "lines",
          title: "Burn rate of the availability budget",
          description:
            "How many times faster than allowed calls go wrong: at 1 the budget lasts exactly 30 days, at 14.4 two days. Needs the recording rules (deploy/prometheus).",
          unit: "short",
          queries: [
            { legend: "5 min", expr: `max(namespace_job:verigate_rpc_bad:ratio_rate5m{${jobs}}) / 0.001` },
            { legend: "1 h", expr: `max(namespace_job:verigate_rpc_bad:ratio_rate1h{${jobs}}) / 0.001` },
            { legend: "6 h", expr: `max(namespace_job:verigate_rpc_bad:ratio_rate6h{${jobs}}) / 0.001` },
          ],
          width: 12,
          alerts: ["VerigateAvailabilityBurnsFast", "VerigateAvailabilityBurnsSlowly"],
        },
        {
          kind: "lines",
          title: "Burn rate of the latency budget",
          description:
            "How many times faster than allowed logins' calls are slow: at 1 the budget lasts exactly 30 days, at 14.4 two days. Needs the recording rules (deploy/prometheus).",
          unit: "short",
          queries: [
            { legend: "5 min", expr: `max(namespace_job:verigate_auth_rpc_slow:ratio_rate5m{${jobs}}) / 0.01` },
            { legend: "1 h", expr: `max(namespace_job:verigate_auth_rpc_slow:ratio_rate1h{${jobs}}) / 0.01` },
            { legend: "6 h", expr: `max(namespace_job:verigate_auth_rpc_slow:ratio_rate6h{${jobs}}) / 0.01` },
          ],
          width: 12,
          alerts: ["VerigateLatencyBurnsFast", "VerigateLatencyBurnsSlowly"],
        },
      ],
    },
    {
      title: "Rate, errors, duration",
      panels: [
        {
          kind: "stack",
          title: "Calls by method",
          description: "Calls that have ended, whatever became of them. `unknown` is every method that does not exist.",
          unit: "reqps",
          queries: [
            {
              legend: "{{grpc_method}}",
              expr: `sum by (grpc_method) (rate(grpc_server_handled_total{${ownCalls}}[$__rate_interval]))`,
            },
          ],
          width: 12,
        },
        {
          kind: "lines",
          title: "Share of calls that failed, by method",
          description:
            "Errors for which the gateway, its capacity or the provider has to answer; callers' mistakes are left out.",
          unit: "percentunit",
          queries: [
            {
              legend: "{{grpc_method}}",
              expr: `sum by (grpc_method) (rate(verigate_rpc_errors_total{${ownCalls}, owner=~"gateway|capacity|upstream"}[$__rate_interval])) / (sum by (grpc_method) (rate(grpc_server_handled_total{${ownCalls}}[$__rate_interval])) > 0)`,
            },
          ],
          width: 12,
          max: 1,
        },
        {
          kind: "lines",
          title: "Duration: median by method",
          description: "From a request's headers to its answer, for half of the calls at most.",
          unit: "s",
          queries: [
            {
              legend: "{{grpc_method}}",
              expr: `histogram_quantile(0.5, sum by (grpc_method, le) (rate(grpc_server_handling_seconds_bucket{${ownCalls}}[$__rate_interval])))`,
            },
          ],
          width: 12,
        },
        {
          kind: "lines",
          title: "Duration: slowest 1 % by method",
          description:
            "From a request's headers to its answer: 99 of 100 are faster. Points lead to traces, where those are on. Upstream's share is on the upstream dashboard.",
          unit: "s",
          queries: [
            {
              legend: "{{grpc_method}}",
              expr: `histogram_quantile(0.99, sum by (grpc_method, le) (rate(grpc_server_handling_seconds_bucket{${ownCalls}}[$__rate_interval])))`,
              hasExemplars: true,
            },
          ],
          width: 12,
          alerts: ["VerigateLatencyBurnsFast", "VerigateLatencyBurnsSlowly"],
        },
        {
          kind: "lines",
          title: "Errors by status code",
          description: "All that is not OK, callers' mistakes too.",
          unit: "reqps",
          queries: [
            {
              legend: "{{grpc_code}}",
              expr: `sum by (grpc_code) (rate(grpc_server_handled_total{${ownCalls}, grpc_code!="OK"}[$__rate_interval]))`,
            },
          ],
          legend: "right",
          width: 10,
        },
        {
          kind: "stack",
          title: "Errors by owner and reason",
          description:
            "Who can do something about it: the caller, the operator of the gateway, nobody because capacity returns by itself, or the provider upstream. docs/errors.md explains each reason. Empty while all is well.",
          unit: "reqps",
          queries: [
            {
              legend: "{{owner}}: {{reason}}",
              expr: `sum by (owner, reason) (rate(verigate_rpc_errors_total{${ownCalls}}[$__rate_interval])) > 0`,
            },
          ],
          legend: "right",
          width: 14,
        },
      ],
    },
    {
      title: "Saturation",
      panels: [
        {
          kind: "lines",
          title: "Calls in flight",
          description:
            "Calls that have begun and not ended, by replica. Growing without more calls means that answers got slower.",
          unit: "short",
          queries: [{ legend: "{{instance}}", expr: `sum by (instance) (verigate_rpcs_in_flight{${replicas}})` }],
          width: 8,
        },
        {
          kind: "lines",
          title: "CPU",
          description:
            "Cores in use by replica. The event loop has one: near 1 it is the bottleneck, and more replicas help.",
          unit: "short",
          queries: [
            {
              legend: "{{instance}}",
              expr: `sum by (instance) (rate(process_cpu_seconds_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Event loop delay",
          description:
            "By how much the event loop is late, the worst 1 % since the last scrape. From 0.1 s on callers notice.",
          unit: "s",
          queries: [
            { legend: "{{instance}} 99 %", expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds{${replicas}})` },
            { legend: "{{instance}} mean", expr: `max by (instance) (nodejs_eventloop_lag_mean_seconds{${replicas}})` },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Memory",
          description: "Resident memory and JavaScript's heap by replica. A heap that only grows is a leak.",
          unit: "bytes",
          queries: [
            { legend: "{{instance}} resident", expr: `sum by (instance) (process_resident_memory_bytes{${replicas}})` },
            { legend: "{{instance}} heap", expr: `sum by (instance) (nodejs_heap_size_used_bytes{${replicas}})` },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Garbage collection",
          description: "Share of the time that goes into it, by replica. Above 10 % memory is too small or leaks.",
          unit: "percentunit",
          queries: [
            {
              legend: "{{instance}}",
              expr: `sum by (instance) (rate(nodejs_gc_duration_seconds_sum{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Open file descriptors",
          description: "Share of the process's limit, by replica. Connections take one each.",
          unit: "percentunit",
          queries: [
            {
              legend: "{{instance}}",
              expr: `max by (instance) (process_open_fds{${replicas}} / process_max_fds{${replicas}})`,
            },
          ],
          width: 8,
          max: 1,
        },
      ],
    },
    {
      title: "Turned away: overload and limits",
      panels: [
        {
          kind: "lines",
          title: "Shed",
          description:
            "Calls that were refused although nothing is wrong with them: overload, an open circuit, a process that is leaving. They are safe to repeat.",
          unit: "reqps",
          queries: [
            {
              legend: "{{reason}}",
              expr: `sum by (reason) (rate(verigate_rpc_errors_total{${ownCalls}, reason=~"OVERLOADED|UPSTREAM_CIRCUIT_OPEN|SHUTTING_DOWN|STORE_UNAVAILABLE"}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateShedsLoad", "VerigateStoreFailsClosed"],
        },
        {
          kind: "lines",
          title: "Limits",
          description:
            "Calls over a limit, by its reason (docs/errors.md), and guesses that were not looked at any more.",
          unit: "reqps",
          queries: [
            {
              legend: "{{reason}}",
              expr: `sum by (reason) (rate(verigate_rpc_errors_total{${ownCalls}, reason=~"${limitReasons}"}[$__rate_interval]))`,
            },
            {
              legend: "guesses throttled",
              expr: `sum(rate(verigate_auth_verifications_total{${replicas}, outcome="throttled"}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Connections refused",
          description:
            "Before there was a request: garbage, headers that are too large, clients that said nothing. Empty while there are none.",
          unit: "ops",
          queries: [
            {
              legend: "{{reason}}",
              expr: `sum by (reason) (rate(verigate_connections_refused_total{${replicas}}[$__rate_interval])) > 0`,
            },
          ],
          width: 8,
        },
      ],
    },
    {
      title: "request_id, store, certificates",
      panels: [
        {
          kind: "stack",
          title: "Calls with a request_id",
          description:
            "new ran, replayed got the recorded answer, waited shared a twin's, reused had another payload and was refused, lapsed was cut short and is unknown; store_full and store_down were not protected.",
          unit: "reqps",
          queries: [
            {
              legend: "{{result}}",
              expr: `sum by (result) (rate(verigate_request_ids_total{${replicas}, grpc_method=~"$grpc_method"}[$__rate_interval]))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Store: slowest 1 % of commands",
          description:
            "Commands to the store that replicas share: 99 of 100 are faster. At 0.1 s a command is given up. Nothing is shown for a store in memory.",
          unit: "s",
          queries: [
            {
              legend: "{{command}}",
              expr: `histogram_quantile(0.99, sum by (command, le) (rate(verigate_store_command_seconds_bucket{${replicas}}[$__rate_interval])))`,
            },
          ],
          width: 8,
        },
        {
          kind: "lines",
          title: "Store: failures",
          description:
            "Commands that failed or took too long. What the calls that needed them do then is VERIGATE_STORE_FAILURE. A store that was found empty has forgotten what ran before.",
          unit: "ops",
          queries: [
            {
              legend: "{{command}}",
              expr: `sum by (command) (rate(verigate_store_failures_total{${replicas}}[$__rate_interval]))`,
            },
            {
              legend: "found empty",
              expr: `sum(rate(verigate_store_flushes_total{${replicas}}[$__rate_interval]))`,
            },
          ],
          width: 8,
          alerts: ["VerigateStoreFailsClosed", "VerigateStoreFlushed"],
        },
        {
          kind: "figures",
          title: "Store",
          description:
            "Whether the store can be reached. A store in memory always can, and no other replica knows of it.",
          unit: "short",
          queries: [{ legend: "reachable", expr: `min(verigate_store_up{${replicas}})` }],
          width: 6,
          words: { 0: { text: "down", color: "red" }, 1: { text: "up", color: "green" } },
          alerts: ["VerigateStoreDown"],
        },
        {
          kind: "figures",
          title: "Store is shared",
          description:
            "Whether replicas share their state. With more than one replica they have to, or a request_id is only known to one.",
          unit: "short",
          queries: [{ legend: "shared", expr: `min(verigate_store_shared{${replicas}})` }],
          width: 6,
          words: { 0: { text: "in memory", color: "yellow" }, 1: { text: "shared", color: "green" } },
          alerts: ["VerigateReplicasWithoutSharedStore"],
        },
        {
          kind: "figures",
          title: "Certificates expire in",
          description: "The earliest end of each certificate file. Empty where no certificate is set.",
          unit: "s",
          queries: [
            {
              legend: "{{certificate}}",
              expr: `min by (certificate) (verigate_certificate_not_after_timestamp_seconds{${replicas}}) - time()`,
            },
          ],
          width: 12,
          judged: { good: "high", yellow: 2_592_000, red: 604_800 },
          alerts: ["VerigateCertificateExpiresSoon", "VerigateCertificateExpiresNow"],
        },
      ],
    },
  ],
};
