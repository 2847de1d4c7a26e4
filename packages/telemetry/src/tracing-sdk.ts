import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
} from "@opentelemetry/semantic-conventions";
import type { TraceParent } from "./trace-parent.ts";
import type { SamplerName, Tracing, TracingOptions } from "./tracing.ts";
import { reportingExporter } from "./tracing-outage.ts";

/** Of the conventions, but not stable, and so not exported by name. */
const ATTR_URL_TEMPLATE = "url.template";
/** The conventions that are kept here. */
const schemaUrl = "https://opentelemetry.io/schemas/1.45.0";
/** How they call a method that does not exist. What it was called in the request (`rpc.method_original`) could be anything. */
const unknownMethod = "_OTHER";

/**
 * Spans by OpenTelemetry's SDK. It registers nothing globally and follows no
 * asynchronous context: a span's parent is said where it starts.
 */
export function createOtlpTracing(options: TracingOptions): Tracing {
  const { batch, logger } = options;
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(options.resource)),
    sampler: samplers[options.sampler](options.ratio),
    spanProcessors: [
      new BatchSpanProcessor({
        // What is not given here (time-out, compression, certificates), it reads from the OTEL_ variables itself.
        exporter: reportingExporter(new OTLPTraceExporter({ url: options.url, headers: options.headers }), logger),
        scheduledDelayMillis: batch.delayMs,
        exportTimeoutMillis: batch.exportTimeoutMs,
        maxQueueSize: batch.queueMax,
        maxExportBatchSize: batch.sizeMax,
      }),
    ],
  });
  const tracer = provider.getTracer("verigate", undefined, { schemaUrl });

  return {
    startRpc({ system, method, parent }) {
      const attributes = { [ATTR_RPC_SYSTEM_NAME]: system, [ATTR_RPC_METHOD]: method ?? unknownMethod };
      const span = tracer.startSpan(method ?? system, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
      const { traceId, traceFlags } = span.spanContext();
      return {
        traceId,
        isSampled: isSampled(traceFlags),
        context: trace.setSpan(ROOT_CONTEXT, span),
        end({ status, isError }) {
          if (status !== undefined) {
            span.setAttribute(ATTR_RPC_STATUS_CODE, status);
          }
          endSpan(span, isError ? status : undefined);
        },
      };
    },
    startAttempt({ method, server, redactedUrl, pathTemplate, resends, parent }) {
      const attributes: Attributes = {
        [ATTR_HTTP_REQUEST_METHOD]: method,
        [ATTR_SERVER_ADDRESS]: server.address,
        [ATTR_SERVER_PORT]: server.port,
        [ATTR_URL_FULL]: redactedUrl,
        [ATTR_URL_TEMPLATE]: pathTemplate,
        ...(resends === 0 ? {} : { [ATTR_HTTP_REQUEST_RESEND_COUNT]: resends }),
      };
      const context = (parent as Context | undefined) ?? ROOT_CONTEXT;
      const span = tracer.startSpan(`${method} ${pathTemplate}`, { kind: SpanKind.CLIENT, attributes }, context);
      const { traceId, spanId, traceFlags } = span.spanContext();
      return {
        traceparent: `00-${traceId}-${spanId}-${isSampled(traceFlags) ? "01" : "00"}`,
        end({ status, error }) {
          if (status !== undefined) {
            span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
          }
          // A client's conventions call every 4xx an error, too.
          endSpan(span, status !== undefined && status >= 400 ? String(status) : error);
        },
      };
    },
    close: () => provider.shutdown().catch(() => undefined),
  };
}

const parentBased = (root: Sampler) => new ParentBasedSampler({ root });

const samplers: Readonly<Record<SamplerName, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => parentBased(new AlwaysOnSampler()),
  parentbased_always_off: () => parentBased(new AlwaysOffSampler()),
  parentbased_traceidratio: (ratio) => parentBased(new TraceIdRatioBasedSampler(ratio)),
};

function contextOf(parent: TraceParent | undefined): Context {
  if (parent === undefined) {
    return ROOT_CONTEXT;
  }
  const { traceId, spanId } = parent;
  const traceFlags = parent.isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}

function isSampled(traceFlags: number): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** `error` names what went wrong, where something did; a message would quote what it is about. */
function endSpan(span: Span, error: string | undefined): void {
  if (error !== undefined) {
    span.setAttribute(ATTR_ERROR_TYPE, error);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
