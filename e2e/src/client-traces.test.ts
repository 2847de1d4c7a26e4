import { context, propagation, type Tracer, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { TracerProvider } from "@opentelemetry/sdk-trace";
import { createVerigateClient, type Protocol, type VerigateClient } from "@verigate/client";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { startOtlpReceiver, traceEnvOf } from "./otlp-receiver.ts";
import type { Span } from "./otlp-spans.ts";
import { verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const isServer = ({ kind }: Span) => kind === "SERVER";
const isClient = ({ kind }: Span) => kind === "CLIENT";

// What the SDK of a program that uses OpenTelemetry registers.
let tracer: Tracer;
beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  tracer = new TracerProvider().getTracer("program");
});
afterAll(() => {
  context.disable();
  propagation.disable();
});

async function scene(protocol: Protocol = "grpc") {
  const upstream = await startScriptedUpstream({ status: 200, body: { verified: true, method: "sms" } });
  const receiver = await startOtlpReceiver();
  const gateway = await startGateway({ upstream, env: traceEnvOf(receiver) });
  const client = createVerigateClient({ address: `http://${gateway.authority}`, protocol });
  onTestFinished(() => client.close());
  return { upstream, receiver, client };
}

/** A call within a span of the program's. */
async function callIn(client: VerigateClient, headers: Record<string, string> = {}) {
  const span = tracer.startSpan("login");
  await context.with(trace.setSpan(context.active(), span), () => client.auth.verifyPin(verifyPin, { headers }));
  return span.spanContext();
}

test.each<Protocol>(["grpc", "grpc-web", "connect"])(
  "one trace goes from a program's span, by the client package over %s and the gateway, to the upstream",
  async (protocol) => {
    const { upstream, receiver, client } = await scene(protocol);
    const { traceId, spanId } = await callIn(client);
    const call = await receiver.received(isServer);
    const attempt = await receiver.received(isClient);

    expect(call).toMatchObject({ traceId, parentSpanId: spanId });
    expect(attempt).toMatchObject({ traceId, parentSpanId: call.spanId });
    expect(upstream.requests[0]?.headers.traceparent).toBe(`00-${traceId}-${attempt.spanId}-01`);
  },
);

test("calls that run at once each belong to the span that they were made in", async () => {
  const { receiver, client } = await scene();
  const spans = await Promise.all(Array.from({ length: 5 }, () => callIn(client)));
  const calls = await Promise.all(
    spans.map(({ traceId }) => receiver.received((span) => isServer(span) && span.traceId === traceId)),
  );

  expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual(spans.map(({ spanId }) => spanId));
});

test("a traceparent that a call has of its own is left as it is", async () => {
  const { receiver, client } = await scene();
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  await callIn(client, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });

  expect((await receiver.received(isServer)).traceId).toBe(traceId);
});

test("outside of all spans, the client package begins no trace", async () => {
  const { receiver, client } = await scene();
  await client.auth.verifyPin(verifyPin);

  expect((await receiver.received(isServer)).parentSpanId).toBe("");
});
