import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { metricsCatalogue } from "./catalogue.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { ownSamplesOf } from "./metrics-page-for-test.ts";

const entries = metricsCatalogue.flatMap((group) => Object.entries(group.entries));
const verifyPin = { service: "verigate.v1.AuthAPI", method: "VerifyPin" };
const watch = { service: "grpc.health.v1.Health", method: "Watch" };
const rpc = 'grpc_service="verigate.v1.AuthAPI",grpc_method="VerifyPin",grpc_type="unary"';
const unknownRpc = 'grpc_service="unknown",grpc_method="unknown",grpc_type="unary"';

/** What an event changes: of each series that is not what it was, by how much; histograms by their counts and sums alone. */
async function changesOf(event: (metrics: Metrics) => void): Promise<Record<string, number>> {
  const metrics = createMetrics({ serviceIds: ["shop"] });
  const before = await ownSamplesOf(metrics);
  event(metrics);
  const after = await ownSamplesOf(metrics);
  return Object.fromEntries(
    [...after]
      .map(([name, value]) => [name, value - (before.get(name) ?? 0)] as const)
      .filter(([name, change]) => change !== 0 && !name.includes("_bucket{")),
  );
}

const events: readonly [string, (metrics: Metrics) => void, Record<string, number>][] = [
  [
    "an RPC that starts",
    (metrics) => metrics.rpcStarted(verifyPin),
    { [`grpc_server_started_total{${rpc}}`]: 1, verigate_rpcs_in_flight: 1 },
  ],
  [
    "an RPC that ends well",
    (metrics) => metrics.rpcHandled(verifyPin, { code: "OK", durationMs: 250 }),
    {
      [`grpc_server_handled_total{${rpc},grpc_code="OK"}`]: 1,
      [`grpc_server_handling_seconds_count{${rpc}}`]: 1,
      [`grpc_server_handling_seconds_sum{${rpc}}`]: 0.25,
      verigate_rpcs_in_flight: -1,
    },
  ],
  [
    "an RPC that fails",
    (metrics) =>
      metrics.rpcHandled(verifyPin, {
        code: "Unavailable",
        durationMs: 1_000,
        error: { reason: "OVERLOADED", owner: "capacity" },
      }),
    {
      [`grpc_server_handled_total{${rpc},grpc_code="Unavailable"}`]: 1,
      [`grpc_server_handling_seconds_count{${rpc}}`]: 1,
      [`grpc_server_handling_seconds_sum{${rpc}}`]: 1,
      'verigate_rpc_errors_total{grpc_service="verigate.v1.AuthAPI",grpc_method="VerifyPin",reason="OVERLOADED",owner="capacity"}': 1,
      verigate_rpcs_in_flight: -1,
    },
  ],
  [
    "a stream that starts",
    (metrics) => metrics.rpcStarted(watch),
    {
      'grpc_server_started_total{grpc_service="grpc.health.v1.Health",grpc_method="Watch",grpc_type="server_stream"}': 1,
      verigate_rpcs_in_flight: 1,
    },
  ],
  [
    "an RPC of a method that does not exist",
    (metrics) => metrics.rpcStarted({ service: "", method: "" }),
    { [`grpc_server_started_total{${unknownRpc}}`]: 1, verigate_rpcs_in_flight: 1 },
  ],
  [
    "a connection that is refused",
    (metrics) => metrics.connectionRefused("HPE_HEADER_OVERFLOW"),
    { 'verigate_connections_refused_total{reason="HPE_HEADER_OVERFLOW"}': 1 },
  ],
  [
    "a request_id that is replayed",
    (metrics) => metrics.requestIdUsed("InitiateAuth", "replayed"),
    { 'verigate_request_ids_total{grpc_method="InitiateAuth",result="replayed"}': 1 },
  ],
  [
    "an authentication that falls back",
    (metrics) => metrics.authInitiated({ serviceId: "shop", requested: "totp", used: "sms" }),
    { 'verigate_auth_initiated_total{service_id="shop",requested_method="totp",used_method="sms"}': 1 },
  ],
  [
    "an authentication of a service that is not told apart",
    (metrics) => metrics.authInitiated({ serviceId: "bank", requested: "sms", used: "sms" }),
    { 'verigate_auth_initiated_total{service_id="other",requested_method="sms",used_method="sms"}': 1 },
  ],
  [
    "an authentication that can't be initiated",
    (metrics) => metrics.authInitiationFailed("shop", "USER_NOT_FOUND"),
    { 'verigate_auth_initiation_errors_total{service_id="shop",reason="USER_NOT_FOUND"}': 1 },
  ],
  [
    "a PIN that is wrong",
    (metrics) => metrics.pinChecked({ serviceId: "shop", method: "sms", outcome: "invalid" }),
    { 'verigate_auth_verifications_total{service_id="shop",method="sms",outcome="invalid"}': 1 },
  ],
  [
    "a check of which nothing tells the method",
    (metrics) => metrics.pinChecked({ serviceId: "shop", method: undefined, outcome: "error" }),
    { 'verigate_auth_verifications_total{service_id="shop",method="unknown",outcome="error"}': 1 },
  ],
  [
    "a user who is verified",
    (metrics) => metrics.authCompleted({ method: "totp", ms: 12_500 }),
    {
      'verigate_auth_verification_seconds_count{method="totp"}': 1,
      'verigate_auth_verification_seconds_sum{method="totp"}': 12.5,
    },
  ],
  [
    "a user who gives up",
    (metrics) => metrics.authAbandoned("shop", "sms"),
    { 'verigate_auth_abandoned_total{service_id="shop",method="sms"}': 1 },
  ],
  [
    "an attempt that ends",
    (metrics) => metrics.attemptEnded("CreateUser", "conflict"),
    { 'verigate_upstream_attempts_total{operation="CreateUser",outcome="conflict"}': 1 },
  ],
  [
    "an attempt's time",
    (metrics) => metrics.attemptTook("CreateUser", 500),
    {
      'verigate_upstream_attempt_seconds_count{operation="CreateUser"}': 1,
      'verigate_upstream_attempt_seconds_sum{operation="CreateUser"}': 0.5,
    },
  ],
  [
    "an attempt that is refused",
    (metrics) => metrics.attemptRefused("list", "queue_full"),
    { 'verigate_upstream_refusals_total{class="list",reason="queue_full"}': 1 },
  ],
  [
    "a repeat",
    (metrics) => metrics.attemptRepeated("GetUser", "lost"),
    { 'verigate_upstream_retries_total{operation="GetUser",reason="lost"}': 1 },
  ],
  [
    "a repeat that is not made",
    (metrics) => metrics.repeatDenied("directory", "budget"),
    { 'verigate_upstream_retries_denied_total{class="directory",reason="budget"}': 1 },
  ],
  [
    "a breaker that opens",
    (metrics) => metrics.breakerOpened("authentication"),
    { 'verigate_upstream_breaker_opened_total{class="authentication"}': 1 },
  ],
  [
    "a wait for a turn",
    (metrics) => metrics.turnWaited(20),
    { verigate_upstream_rate_wait_seconds_count: 1, verigate_upstream_rate_wait_seconds_sum: 0.02 },
  ],
  ["a user list", (metrics) => metrics.userListServed("kept"), { 'verigate_user_lists_total{result="kept"}': 1 }],
  [
    "a store command that fails",
    (metrics) => metrics.storeCommand("claim", 100, true),
    {
      'verigate_store_command_seconds_count{command="claim"}': 1,
      'verigate_store_command_seconds_sum{command="claim"}': 0.1,
      'verigate_store_failures_total{command="claim"}': 1,
    },
  ],
  ["a store that was flushed", (metrics) => metrics.storeFlushed(), { verigate_store_flushes_total: 1 }],
  [
    "a store that is shared and down",
    (metrics) => metrics.readStore({ isShared: true, isReachable: false }),
    { verigate_store_shared: 1, verigate_store_up: -1 },
  ],
];

it.each(events)("%s changes what it says, and nothing else", async (_, event, changes) => {
  expect(await changesOf(event)).toEqual(changes);
});

it("gauges are read when the metrics are", async () => {
  const metrics = createMetrics();
  let inFlight = 3;
  metrics.readUpstream({
    concurrencyLimit: 256,
    rateLimit: 150,
    breakerState: (operationClass) => (operationClass === "list" ? "half_open" : "closed"),
    inFlight: (operationClass) => (operationClass === "directory" ? inFlight : 0),
    waiting: () => 1,
    retryBudget: () => 0.75,
    areCredentialsLocked: () => true,
  });
  metrics.readProcess({ version: "1.2.3", isReady: true, certificates: { server: 1_500 } });
  metrics.readSecrets({ areInForce: { keys: true, policy: false } });
  inFlight = 4;
  const samples = await ownSamplesOf(metrics);
  const expected = {
    verigate_upstream_concurrency_limit: 256,
    verigate_upstream_rate_limit: 150,
    'verigate_upstream_breaker_state{class="list",state="half_open"}': 1,
    'verigate_upstream_breaker_state{class="list",state="closed"}': 0,
    'verigate_upstream_breaker_state{class="directory",state="closed"}': 1,
    'verigate_upstream_in_flight{class="directory"}': 4,
    'verigate_upstream_waiting{class="authentication"}': 1,
    'verigate_upstream_retry_budget_ratio{class="authentication"}': 0.75,
    verigate_upstream_credentials_locked: 1,
    verigate_ready: 1,
    [`verigate_build_info{version="1.2.3",node="${process.versions.node}"}`]: 1,
    'verigate_certificate_not_after_timestamp_seconds{certificate="server"}': 1.5,
    'verigate_secret_in_force{secret="keys"}': 1,
    'verigate_secret_in_force{secret="policy"}': 0,
  };
  expect(Object.fromEntries(samples)).toMatchObject(expected);
});

it("what has no certificate, or has none any more, has no series of it", async () => {
  const metrics = createMetrics();
  const certificateSeries = async () =>
    [...(await ownSamplesOf(metrics)).keys()].filter((name) => name.startsWith("verigate_certificate"));
  expect(await certificateSeries()).toEqual([]);
  metrics.readProcess({ version: "1.2.3", isReady: true, certificates: { server: 1_500 } });
  expect(await certificateSeries()).toHaveLength(1);
  metrics.readProcess({ version: "1.2.3", isReady: true, certificates: {} });
  expect(await certificateSeries()).toEqual([]);
});

describe("the catalogue", () => {
  it("has every metric that is written, and every metric that it has is written", async () => {
    const { text } = await createMetrics().render("text");
    const written = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type]) => [name, type] as const);
    expect(written.filter(([name]) => !/^(process|nodejs)_/.test(name)).sort()).toEqual(
      entries.map(([name, { type }]) => [name, type] as const).sort(),
    );
  });

  it.each(entries)("%s is named, typed and explained as Prometheus advises", (name, { type, unit, help, labels }) => {
    expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(/_(seconds|ratio)$/.exec(name)?.[1]).toBe(unit);
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
    expect(Object.keys(labels).filter((label) => !/^[a-z_]+$/.test(label))).toEqual([]);
  });

  it.each(["breaker_opened", "attempts", "retries_denied", "refusals"])(
    "all of upstream_%s is there before anything has happened",
    async (subject) => {
      const name = `verigate_upstream_${subject}_total`;
      const sets = Object.values(entries.find(([each]) => each === name)?.[1].labels ?? {});
      const count = sets.reduce((product, { values }) => product * values.length, 1);
      const samples = [...(await ownSamplesOf(createMetrics()))].filter(([each]) => each.startsWith(`${name}{`));
      expect(samples).toHaveLength(count);
      expect(samples.filter(([, value]) => value !== 0)).toEqual([]);
    },
  );
});

it("a service that is told apart has its series before anything has happened", async () => {
  const samples = await ownSamplesOf(createMetrics({ serviceIds: ["shop"] }));
  expect(samples.get('verigate_auth_verifications_total{service_id="shop",method="sms",outcome="verified"}')).toBe(0);
});

it("whatever texts come in, no series comes of them", async () => {
  const metrics = createMetrics();
  const feed = (text: string) => {
    const anything = text as never;
    metrics.rpcStarted({ service: text, method: text });
    const error = { reason: text, owner: anything };
    metrics.rpcHandled({ service: text, method: text }, { code: text, durationMs: 1, error });
    metrics.connectionRefused(text);
    metrics.requestIdUsed(text, anything);
    metrics.authInitiated({ serviceId: text, requested: text, used: text });
    metrics.authInitiationFailed(text, text);
    metrics.pinChecked({ serviceId: text, method: text, outcome: anything });
    metrics.authCompleted({ method: text, ms: 1 });
    metrics.authAbandoned(text, text);
    metrics.attemptEnded(text, anything);
    metrics.attemptTook(text, 1);
    metrics.attemptRefused(anything, anything);
    metrics.attemptRepeated(text, anything);
    metrics.repeatDenied(anything, anything);
    metrics.breakerOpened(anything);
    metrics.userListServed(anything);
    metrics.storeCommand(text, 1, true);
  };
  feed("first");
  const { size } = await ownSamplesOf(metrics);
  // fast-check likes the names of what functions have, and "caller" is an owner, whose series is meant to come.
  const known = new Set<string>(
    entries.flatMap(([, { labels }]) => Object.values(labels).flatMap(({ values }) => values)),
  );
  const foreign = fc.string().filter((text) => !known.has(text));
  await fc.assert(
    fc.asyncProperty(foreign, async (text) => {
      feed(text);
      expect((await ownSamplesOf(metrics)).size).toBe(size);
    }),
    { numRuns: 50 },
  );
});
