import { AuthMethod } from "@verigate/contract";
import { expect, test } from "vitest";
import { startVerigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { envForTest, startGateway } from "./gateway-under-test.ts";
import { startOtlpReceiver, traceEnvOf } from "./otlp-receiver.ts";
import type { Span } from "./otlp-spans.ts";
import { http2Request } from "./raw-http.ts";
import { protocols, type RpcProtocol, rpcClient } from "./rpc-client.ts";
import { failureOf } from "./rpc-error.ts";
import { aUser, userOfService, verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpanId = "00f067aa0ba902b7";
const sampled = { headers: { traceparent: `00-${traceId}-${callerSpanId}-01` } };
const unsampled = { headers: { traceparent: `00-${traceId}-${callerSpanId}-00` } };
const verified = { status: 200, body: { verified: true, method: "sms" } };

const isServer = ({ kind }: Span) => kind === "SERVER";
const isClient = ({ kind }: Span) => kind === "CLIENT";

async function scene(env: Readonly<Record<string, string>> = {}) {
  const upstream = await startScriptedUpstream(verified);
  const receiver = await startOtlpReceiver();
  const gateway = await startGateway({ upstream, env: { ...traceEnvOf(receiver), ...env } });
  return { upstream, receiver, gateway };
}

const systems: readonly { readonly protocol: RpcProtocol; readonly attributes: Span["attributes"] }[] = [
  { protocol: "grpc", attributes: { "rpc.system.name": "grpc", "rpc.status_code": "OK" } },
  { protocol: "grpc-web", attributes: { "rpc.system.name": "grpc", "rpc.status_code": "OK" } },
  { protocol: "connect", attributes: { "rpc.system.name": "connectrpc" } },
];

test.each(systems)(
  "a call by $protocol is a span of its caller's trace, in the words of the conventions",
  async ({ protocol, attributes }) => {
    const { receiver, gateway } = await scene();
    await rpcClient(gateway, protocol).auth.verifyPin(verifyPin, sampled);

    expect(await receiver.received(isServer)).toMatchObject({
      traceId,
      parentSpanId: callerSpanId,
      name: "verigate.v1.AuthAPI/VerifyPin",
      isError: false,
      events: 0,
      attributes: { "rpc.method": "verigate.v1.AuthAPI/VerifyPin", ...attributes },
      resource: { "service.name": "verigate" },
    });
    expect(Object.keys((await receiver.received(isServer)).attributes).sort()).toEqual(
      ["rpc.method", ...Object.keys(attributes)].sort(),
    );
  },
);

test("a request upstream is a span below the call's, and names no one", async () => {
  const { receiver, gateway, upstream } = await scene();
  await rpcClient(gateway).auth.verifyPin({ ...verifyPin, serviceId: "+37255555555" });
  const call = await receiver.received(isServer);
  const template = "/v1/service/service/{serviceId}/users/{userId}/auth";

  expect(await receiver.received(isClient)).toMatchObject({
    traceId: call.traceId,
    parentSpanId: call.spanId,
    name: `PUT ${template}`,
    isError: false,
    events: 0,
    attributes: {
      "http.request.method": "PUT",
      "http.response.status_code": 200,
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(upstream.url).port),
      "url.template": template,
      "url.full": `${upstream.url}/v1/service/service/REDACTED/users/REDACTED/auth`,
    },
  });
});

test.each(protocols)("by %s, the upstream is told the trace and our span, and nothing else of it", async (protocol) => {
  const { receiver, gateway, upstream } = await scene();
  const headers = { ...sampled.headers, tracestate: "vendor=tell-nobody", baggage: "user=tell-nobody" };
  await rpcClient(gateway, protocol).auth.verifyPin(verifyPin, { headers });
  const attempt = await receiver.received(isClient);

  expect(upstream.requests[0]?.headers).toMatchObject({ traceparent: `00-${traceId}-${attempt.spanId}-01` });
  expect(JSON.stringify(upstream.requests)).not.toMatch(/tell-nobody|tracestate|baggage/);
  expect(receiver.deliveries.map(({ bytes }) => bytes.toString("latin1")).join("")).not.toContain("tell-nobody");
});

test("with VERIGATE_UPSTREAM_TRACE=false the upstream is told of no trace", async () => {
  const { receiver, gateway, upstream } = await scene({ VERIGATE_UPSTREAM_TRACE: "false" });
  await rpcClient(gateway).auth.verifyPin(verifyPin, sampled);

  expect((await receiver.received(isClient)).traceId).toBe(traceId);
  expect(upstream.requests[0]?.headers).not.toHaveProperty("traceparent");
});

test("with OTEL_PROPAGATORS=none a trace begins here and ends here", async () => {
  const { receiver, gateway, upstream } = await scene({ OTEL_PROPAGATORS: "none" });
  await rpcClient(gateway).auth.verifyPin(verifyPin, sampled);
  const { traceId: own, parentSpanId } = await receiver.received(isServer);

  expect(own).not.toBe(traceId);
  expect(parentSpanId).toBe("");
  expect(upstream.requests[0]?.headers).not.toHaveProperty("traceparent");
});

test("each repeat is a span of its own, which says that it is one", async () => {
  const { receiver, gateway, upstream } = await scene({ VERIGATE_RETRY_ATTEMPTS: "2" });
  const answers = [{ status: 503 }, { status: 200, body: aUser }];
  upstream.react(() => answers.shift() ?? "hang");
  await rpcClient(gateway).users.getUser(userOfService);
  await receiver.received(isServer);

  expect(
    receiver.spans
      .filter(isClient)
      .map(({ attributes, isError }) => [
        attributes["http.request.resend_count"],
        attributes["http.response.status_code"],
        attributes["error.type"],
        isError,
      ]),
  ).toEqual([
    [undefined, 503, "503", true],
    [1, 200, undefined, false],
  ]);
  expect(new Set(upstream.requests.map(({ headers }) => headers.traceparent)).size).toBe(2);
});

test("a fetch of users hangs from the call that began it", async () => {
  const { receiver, gateway, upstream } = await scene();
  upstream.react({ status: 200, body: { users: [aUser] } });
  await rpcClient(gateway).users.listUsers({ serviceId: "s1" }, sampled);
  const call = await receiver.received(isServer);

  expect(await receiver.received(isClient)).toMatchObject({ traceId, parentSpanId: call.spanId });
});

const ends: readonly {
  readonly name: string;
  readonly reaction: Parameters<Awaited<ReturnType<typeof startScriptedUpstream>>["react"]>[0];
  readonly protocol: RpcProtocol;
  readonly call: Readonly<Record<string, unknown>>;
  readonly attempt: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: "what is not there: the caller's mistake",
    reaction: { status: 404 },
    protocol: "grpc",
    call: { isError: false, attributes: { "rpc.status_code": "NOT_FOUND" } },
    attempt: { isError: true, attributes: { "error.type": "404" } },
  },
  {
    name: "a lost answer",
    reaction: { reset: "after" },
    protocol: "grpc",
    call: { isError: true, attributes: { "rpc.status_code": "UNKNOWN", "error.type": "UNKNOWN" } },
    attempt: { isError: true, attributes: { "error.type": "outcome-unknown" } },
  },
  {
    name: "a lost answer, by Connect",
    reaction: { reset: "after" },
    protocol: "connect",
    call: { isError: true, attributes: { "rpc.status_code": "unknown", "error.type": "unknown" } },
    attempt: { isError: true, attributes: { "error.type": "outcome-unknown" } },
  },
  {
    name: "an answer that means nothing",
    reaction: { status: 200, body: { verified: "tell-nobody" } },
    protocol: "grpc",
    call: { isError: true, attributes: { "rpc.status_code": "INTERNAL", "error.type": "INTERNAL" } },
    attempt: { isError: false, attributes: { "http.response.status_code": 200 } },
  },
];

test.each(ends)("the spans of $name say so", async ({ reaction, protocol, call, attempt }) => {
  const { receiver, gateway, upstream } = await scene();
  upstream.react(reaction);
  await failureOf(rpcClient(gateway, protocol).auth.verifyPin(verifyPin));

  expect(await receiver.received(isServer)).toMatchObject({ ...call, statusMessage: "" });
  expect(await receiver.received(isClient)).toMatchObject({ ...attempt, statusMessage: "" });
});

test("a method that does not exist is not named by its span", async () => {
  const { receiver, gateway } = await scene();
  await http2Request(gateway.authority, {
    ":path": "/verigate.v1.AuthAPI/tell-nobody",
    "content-type": "application/grpc",
    te: "trailers",
  });

  const span = await receiver.received(isServer);
  expect(span).toMatchObject({ name: "grpc", attributes: { "rpc.method": "_OTHER" } });
  expect(JSON.stringify(span)).not.toContain("tell-nobody");
});

test("a trace that the caller does not record is not recorded here either, and the upstream is told so", async () => {
  const { receiver, gateway, upstream } = await scene();
  await rpcClient(gateway).auth.verifyPin(verifyPin, unsampled);
  await gateway.server.stop();

  expect(upstream.requests[0]?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  expect(receiver.spans).toEqual([]);
});

test("health checks make no spans; the calls beside them do", async () => {
  const { receiver, gateway } = await scene();
  const check = { "content-type": "application/json" };
  await http2Request(gateway.authority, { ":path": "/grpc.health.v1.Health/Check", ...check }, Buffer.from("{}"));
  await rpcClient(gateway).auth.verifyPin(verifyPin);
  await gateway.server.stop();

  expect(receiver.spans.filter(isServer).map(({ name }) => name)).toEqual(["verigate.v1.AuthAPI/VerifyPin"]);
});

test("spans go where the settings say, with the headers and names that they say", async () => {
  const { receiver, gateway } = await scene({
    OTEL_EXPORTER_OTLP_HEADERS: "x-api-key=k%201,x-other=2",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-other=3",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=lost,k8s.pod.name=pod%2C1",
    OTEL_SERVICE_NAME: "logins",
  });
  await rpcClient(gateway).auth.verifyPin(verifyPin);

  expect((await receiver.received(isServer)).resource).toMatchObject({
    "service.name": "logins",
    "k8s.pod.name": "pod,1",
  });
  expect(receiver.deliveries[0]).toMatchObject({
    path: "/v1/traces",
    headers: { "x-api-key": "k 1", "x-other": "3", "content-type": "application/x-protobuf" },
  });
});

test("a stop delivers what has not been delivered", async () => {
  const { receiver, gateway } = await scene({ OTEL_BSP_SCHEDULE_DELAY: "600000" });
  await rpcClient(gateway).auth.verifyPin(verifyPin);
  await gateway.server.stop();

  expect(receiver.spans.map(({ kind }) => kind).sort()).toEqual(["CLIENT", "SERVER"]);
});

test("a receiver that hangs holds up neither calls nor the end", async () => {
  const { receiver, gateway } = await scene();
  receiver.answer("hang");
  await rpcClient(gateway).auth.verifyPin(verifyPin);
  await receiver.received(isServer);
  await rpcClient(gateway).auth.verifyPin(verifyPin);
  await gateway.server.stop();

  expect(receiver.waiting).toBe(receiver.deliveries.length);
});

test("a receiver that refuses is reported once, without what it said, and calls are served", async () => {
  const upstream = await startScriptedUpstream(verified);
  const receiver = await startOtlpReceiver();
  receiver.answer(401);
  const gateway = startVerigate({
    ...envForTest(upstream.url),
    ...traceEnvOf(receiver),
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=tell-nobody",
    VERIGATE_LOG_LEVEL: "debug",
  });
  const [, authority = ""] = await gateway.said(/"address":"(127[^"]*)"/);
  await rpcClient({ authority }).auth.verifyPin(verifyPin);
  await gateway.said(/traces can't be delivered/);
  await rpcClient({ authority }).auth.verifyPin(verifyPin);
  await eventually(() => receiver.spans.filter(isServer)[1]);
  receiver.answer(200);
  await rpcClient({ authority }).auth.verifyPin(verifyPin);
  await gateway.said(/traces are delivered again/);

  const reports = gateway.lines.filter((line) => line.includes("traces can't be delivered"));
  expect(reports.map((line) => JSON.parse(line))).toMatchObject([{ level: "warn", cause: "OTLPExporterError 401" }]);
  expect(gateway.lines.join("\n")).not.toContain("tell-nobody");
});

test("without OTEL settings the log line names the caller's trace, and the upstream is told nothing of it", async () => {
  const upstream = await startScriptedUpstream(verified);
  const gateway = startVerigate({ ...envForTest(upstream.url), VERIGATE_LOG_LEVEL: "info" });
  const [, authority = ""] = await gateway.said(/"address":"(127[^"]*)"/);
  const { auth } = rpcClient({ authority });
  await auth.initiateAuth({ ...userOfService, method: AuthMethod.SMS }, unsampled).catch(() => undefined);
  await auth.verifyPin(verifyPin);

  expect(JSON.parse((await gateway.said(/.*InitiateAuth.*/))[0])).toMatchObject({ traceId });
  expect(JSON.parse((await gateway.said(/.*VerifyPin.*/))[0])).not.toHaveProperty("traceId");
  expect(JSON.stringify(upstream.requests)).not.toContain("traceparent");
});
