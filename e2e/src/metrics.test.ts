import { randomUUID } from "node:crypto";
import { AuthMethod } from "@verigate/contract";
import { expect, test } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { eventually } from "./eventually.ts";
import { type GatewayUnderTest, handledAtLeast, startGateway } from "./gateway-under-test.ts";
import { enveloped, http2Request } from "./raw-http.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcErrorOf } from "./rpc-error.ts";
import { aUser, userOfService, verifyPin } from "./samples.ts";
import { startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { type Scrape, scrape } from "./scrape.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const sent = { status: 201, body: { method: "sms", auth_id: "a1" } };
const right = { status: 200, body: { verified: true, method: "sms" } };
const initiation = { ...userOfService, method: AuthMethod.TOTP };

/** What these metrics, by name and labels, came to. */
function figures(page: Scrape, rows: readonly (readonly [name: string, labels?: Readonly<Record<string, string>>])[]) {
  return rows.map(([name, labels]) => page.sum(name, labels));
}

/** The metrics once `isTrue` of them; an RPC is counted a moment after its answer. */
function scrapedWhen(gateway: GatewayUnderTest, isTrue: (page: Scrape) => boolean): Promise<Scrape> {
  return eventually(async () => {
    const page = await scrape(gateway);
    return isTrue(page) ? page : undefined;
  });
}

test("a login that falls back to SMS, goes wrong once and then right, is counted as just that", async () => {
  const sandbox = await startSandbox();
  const gateway = await startGateway({ upstream: sandbox });
  const { services, users, auth } = rpcClient(gateway);
  const { service } = await services.createService({ fqdn: "shop.example", name: "Shop" });
  const serviceId = service?.id ?? "";
  const phoneNumber = "+37255555555";
  const { user } = await users.createUser({ serviceId, phoneNumber, idInService: "anna" });
  const login = { serviceId, userId: user?.id ?? "" };
  await auth.initiateAuth({ ...login, method: AuthMethod.TOTP, requestId: randomUUID() });
  const pin = await sandbox.pinOf(phoneNumber);
  await auth.verifyPin({ ...login, pin: wrongPin(pin) });
  await auth.verifyPin({ ...login, pin });

  const page = await scrapedWhen(gateway, (each) => each.sum("verigate_auth_verification_seconds_count") === 1);
  expect(
    figures(page, [
      ["verigate_auth_initiated_total"],
      ["verigate_auth_initiated_total", { service_id: "other", requested_method: "totp", used_method: "sms" }],
      ["verigate_auth_verifications_total"],
      ["verigate_auth_verifications_total", { method: "sms", outcome: "invalid" }],
      ["verigate_auth_verifications_total", { method: "sms", outcome: "verified" }],
      ["verigate_upstream_attempts_total", { operation: "VerifyPin", outcome: "ok" }],
      ["verigate_upstream_attempt_seconds_count", { operation: "VerifyPin" }],
      ["verigate_upstream_attempts_total"],
      ["verigate_request_ids_total"],
      ["verigate_request_ids_total", { grpc_method: "InitiateAuth", result: "new" }],
      ["verigate_rpc_errors_total"],
    ]),
  ).toEqual([1, 1, 2, 1, 1, 2, 2, 5, 1, 1, 0]);
});

test("a replay, and what the caller got wrong, is counted once and as such", async () => {
  const upstream = await startScriptedUpstream(sent);
  const gateway = await startGateway({ upstream, env: { VERIGATE_METRICS_SERVICES: "s1" } });
  const { auth } = rpcClient(gateway);
  const requestId = randomUUID();
  await auth.initiateAuth({ ...initiation, requestId });
  await auth.initiateAuth({ ...initiation, requestId });
  await rpcErrorOf(auth.initiateAuth({ ...initiation, userId: "u2", requestId }));
  await handledAtLeast(gateway, "InitiateAuth", "InvalidArgument", 1);

  expect(
    figures(await scrape(gateway), [
      ["verigate_request_ids_total", { result: "new" }],
      ["verigate_request_ids_total", { result: "replayed" }],
      ["verigate_request_ids_total", { result: "reused" }],
      ["verigate_auth_initiated_total", { service_id: "s1" }],
      ["verigate_auth_initiated_total", { service_id: "other" }],
      ["verigate_auth_initiation_errors_total"],
      ["verigate_rpc_errors_total"],
      ["verigate_rpc_errors_total", { reason: "REQUEST_ID_REUSED", owner: "caller" }],
      ["verigate_upstream_attempts_total"],
    ]),
  ).toEqual([1, 1, 1, 1, 0, undefined, 1, 1, 1]);
});

test("trouble upstream is counted by what it was, and repeats by why they came or did not", async () => {
  const upstream = await startScriptedUpstream({ status: 503 });
  const gateway = await startGateway({ upstream, env: { VERIGATE_RETRY_ATTEMPTS: "3" } });
  const { users, auth } = rpcClient(gateway);
  await rpcErrorOf(users.getUser(userOfService));
  upstream.react({ reset: "after" });
  await rpcErrorOf(auth.verifyPin(verifyPin));
  upstream.react({ status: 429, headers: { "retry-after": "60" } });
  await rpcErrorOf(users.deleteUser(userOfService));
  upstream.react({ status: 404, body: "<html>" });
  await rpcErrorOf(users.getUser(userOfService));
  upstream.react({ status: 200, body: aUser });
  await users.getUser(userOfService);

  expect(
    figures(await scrape(gateway), [
      ["verigate_upstream_attempts_total"],
      ["verigate_upstream_attempts_total", { operation: "GetUser", outcome: "server_error" }],
      ["verigate_upstream_attempts_total", { operation: "VerifyPin", outcome: "lost" }],
      ["verigate_upstream_attempts_total", { operation: "DeleteUser", outcome: "rate_limited" }],
      ["verigate_upstream_attempts_total", { operation: "GetUser", outcome: "bad_response" }],
      ["verigate_upstream_attempts_total", { operation: "GetUser", outcome: "ok" }],
      ["verigate_upstream_retries_total"],
      ["verigate_upstream_retries_total", { operation: "GetUser", reason: "server_error" }],
      ["verigate_upstream_retries_denied_total"],
      ["verigate_upstream_retries_denied_total", { class: "directory", reason: "deadline" }],
      ["verigate_auth_verifications_total", { method: "unknown", outcome: "error" }],
      ["verigate_rpc_errors_total", { reason: "UPSTREAM_FAILED", owner: "upstream" }],
      ["verigate_rpc_errors_total", { reason: "OUTCOME_UNKNOWN", owner: "upstream" }],
    ]),
  ).toEqual([7, 3, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1, 1]);
  expect(upstream.arrivals).toBe(7);
});

test("an upstream that can't be reached is counted as unsent, and has no time", async () => {
  const gateway = await startGateway({ upstream: { url: "http://127.0.0.1:9" } });
  await rpcErrorOf(rpcClient(gateway).users.getUser(userOfService));

  expect(
    figures(await scrape(gateway), [
      ["verigate_upstream_attempts_total", { outcome: "unreachable" }],
      ["verigate_upstream_attempt_seconds_count"],
    ]),
  ).toEqual([1, undefined]);
});

test("a breaker that opens, and what it then refuses, shows at once", async () => {
  const upstream = await startScriptedUpstream({ status: 500 });
  const gateway = await startGateway({
    upstream,
    env: { VERIGATE_BREAKER_MIN_CALLS: "3", VERIGATE_BREAKER_OPEN: "10m" },
  });
  const { users, auth } = rpcClient(gateway);
  const state = (name: string) => ["verigate_upstream_breaker_state", { class: "directory", state: name }] as const;
  expect(figures(await scrape(gateway), [state("closed"), state("open")])).toEqual([1, 0]);
  for (let call = 0; call < 5; call += 1) {
    await rpcErrorOf(users.getUser(userOfService));
  }
  upstream.react(right);
  await auth.verifyPin(verifyPin);

  expect(
    figures(await scrape(gateway), [
      state("closed"),
      state("half_open"),
      state("open"),
      ["verigate_upstream_breaker_state", { class: "authentication", state: "closed" }],
      ["verigate_upstream_breaker_opened_total", { class: "directory" }],
      ["verigate_upstream_refusals_total", { class: "directory", reason: "circuit_open" }],
      ["verigate_upstream_refusals_total"],
      ["verigate_upstream_attempts_total", { outcome: "server_error" }],
    ]),
  ).toEqual([0, 0, 1, 1, 1, 2, 2, 3]);
  const verbose = await (await fetch(`${gateway.adminUrl}/readyz?verbose`)).text();
  expect(verbose).toContain("ready\n");
  expect(verbose).toContain("breaker of directory: open\n");
  expect(verbose).toContain("breaker of authentication: closed\n");
});

test("credentials that the upstream goes on refusing show as locked, and calls are refused here", async () => {
  const upstream = await startScriptedUpstream({ status: 401 });
  const gateway = await startGateway({ upstream });
  const { users } = rpcClient(gateway);
  const locked = async () => (await scrape(gateway)).sum("verigate_upstream_credentials_locked");
  expect(await locked()).toBe(0);
  for (let call = 0; call < 7; call += 1) {
    await rpcErrorOf(users.getUser(userOfService));
  }

  expect(await locked()).toBe(1);
  expect(
    figures(await scrape(gateway), [
      ["verigate_upstream_attempts_total", { outcome: "unauthorized" }],
      ["verigate_upstream_refusals_total", { class: "directory", reason: "credentials_locked" }],
    ]),
  ).toEqual([6, 1]);
  expect(await (await fetch(`${gateway.adminUrl}/readyz?verbose`)).text()).toContain("credentials: refused\n");
});

test("a burst over the rate shows as waits, and the calls in flight as such", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startScriptedUpstream(async () => {
    await held;
    return { status: 200, body: aUser };
  });
  // Five fit in the burst of a tenth of a second.
  const gateway = await startGateway({ upstream, env: { VERIGATE_UPSTREAM_RPS: "50" } });
  const { users } = rpcClient(gateway);
  const calls = Array.from({ length: 8 }, () => users.getUser(userOfService));
  await upstream.received(8);
  const page = await scrape(gateway);
  release();
  await Promise.all(calls);

  expect(page.sum("verigate_upstream_rate_wait_seconds_count")).toBeGreaterThan(0);
  expect(
    figures(page, [
      ["verigate_upstream_in_flight", { class: "directory" }],
      ["verigate_rpcs_in_flight"],
      ["verigate_upstream_rate_limit"],
      ["verigate_upstream_concurrency_limit"],
    ]),
  ).toEqual([8, 8, 50, 256]);
  const after = await scrapedWhen(gateway, (each) => each.sum("verigate_rpcs_in_flight") === 0);
  expect(after.sum("verigate_upstream_in_flight")).toBe(0);
});

test("user lists are counted as fetched, and then as kept", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: { users: [aUser] } });
  const gateway = await startGateway({ upstream });
  const { users } = rpcClient(gateway);
  await users.listUsers({ serviceId: "s1" });
  await users.listUsers({ serviceId: "s1" });

  expect(
    figures(await scrape(gateway), [
      ["verigate_user_lists_total", { result: "fetched" }],
      ["verigate_user_lists_total", { result: "kept" }],
      ["verigate_user_lists_total", { result: "failed" }],
    ]),
  ).toEqual([1, 1, 0]);
});

test("whatever callers send, no series comes of it", async () => {
  const upstream = await startScriptedUpstream(sent);
  const gateway = await startGateway({ upstream });
  const { auth } = rpcClient(gateway);
  async function sendOddCalls(round: string): Promise<void> {
    const grpc = { ":method": "POST", "content-type": "application/grpc", te: "trailers" };
    await http2Request(
      gateway.authority,
      { ...grpc, ":path": `/verigate.v1.AuthAPI/${round}` },
      enveloped(Buffer.alloc(0)),
    );
    await http2Request(gateway.authority, { ":method": "PATCH", ":path": `/${round}` });
    await auth.initiateAuth({ ...initiation, serviceId: round, userId: round });
    await rpcErrorOf(auth.verifyPin({ ...verifyPin, serviceId: round }));
  }
  await sendOddCalls("first");
  const handled = (count: number) => (page: Scrape) => (page.sum("grpc_server_handled_total") ?? 0) >= count;
  const { series } = await scrapedWhen(gateway, handled(4));
  for (let round = 0; round < 5; round += 1) {
    await sendOddCalls(randomUUID());
  }
  const page = await scrapedWhen(gateway, handled(24));
  const own = (names: readonly string[]) => names.filter((name) => /^(verigate|grpc)_/.test(name));

  expect(own(page.series)).toEqual(own(series));
  expect(page.sum("grpc_server_handled_total", { grpc_service: "unknown", grpc_method: "unknown" })).toBe(12);
});

test("it is told whether the gateway is ready, which version it is, and that it keeps its own state", async () => {
  const upstream = await startScriptedUpstream(right);
  const page = await scrape(await startGateway({ upstream }));
  expect(
    figures(page, [
      ["verigate_ready"],
      ["verigate_build_info", { version: "0.1.0", node: process.versions.node }],
      ["verigate_store_shared"],
      ["verigate_store_up"],
      ["verigate_certificate_not_after_timestamp_seconds"],
    ]),
  ).toEqual([1, 1, 0, 1, undefined]);
});

testWith(openssl)("it is told when its certificates end", async () => {
  const { authority, server } = await makeCertificates();
  const upstream = await startScriptedUpstream(right);
  const gateway = await startGateway({
    upstream,
    env: {
      VERIGATE_TLS_CERT_FILE: server.certFile,
      VERIGATE_TLS_KEY_FILE: server.keyFile,
      VERIGATE_TLS_CLIENT_CA_FILE: authority.certFile,
    },
  });
  const page = await scrape(gateway);
  const name = "verigate_certificate_not_after_timestamp_seconds";
  for (const certificate of ["server", "client_ca"]) {
    const end = page.sum(name, { certificate }) ?? 0;
    expect(end).toBeGreaterThan(Date.now() / 1_000);
    expect(end).toBeLessThan(Date.now() / 1_000 + 3 * 86_400);
  }
  expect(page.sum(name, { certificate: "upstream_ca" })).toBeUndefined();
});
