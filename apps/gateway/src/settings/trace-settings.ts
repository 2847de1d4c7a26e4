import { samplerNames } from "@verigate/telemetry";
import { booleanFrom, httpUrlFrom, integerOf, listOf, oneOf } from "./parsers.ts";
import { headersFrom, otelBooleanFrom, pairsFrom, ratioFrom } from "./trace-parsers.ts";

const anyMs = integerOf(1, 24 * 3_600_000);
const protocol = oneOf("grpc", "http/protobuf", "http/json");
const propagator = oneOf("tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray", "ottrace", "none");

/**
 * OpenTelemetry's own variables, as far as they concern this gateway, with the
 * meanings and defaults of its specification ("Environment Variable
 * Specification"); and one of ours.
 */
export const traceSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    shape: "URL",
    default: undefined,
    meaning:
      "Turns traces on, and says where they go: `/v1/traces` below this URL, by OTLP over HTTP. Not port 4317, which is gRPC's.",
    parse: httpUrlFrom,
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    shape: "URL",
    default: undefined,
    meaning: "The same, as the whole URL; it counts where both are set.",
    parse: httpUrlFrom,
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    shape: "comma list of `name=value`",
    default: undefined,
    meaning: "Headers to send along, such as an API key. Values are percent-encoded.",
    parse: headersFrom,
    isSecret: true,
  },
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: {
    shape: "comma list of `name=value`",
    default: undefined,
    meaning: "More of them, which count before the others.",
    parse: headersFrom,
    isSecret: true,
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    shape: "`http/protobuf`",
    default: "http/protobuf",
    meaning: "Any other protocol is a mistake where traces are on.",
    parse: protocol,
  },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: {
    shape: "`http/protobuf`",
    default: undefined,
    meaning: "The same; it counts where both are set.",
    parse: protocol,
  },
  OTEL_TRACES_EXPORTER: {
    shape: "`otlp` or `none`",
    default: undefined,
    meaning: "`otlp` turns traces on without an endpoint, which then is http://localhost:4318; `none` turns them off.",
    parse: oneOf("otlp", "none"),
  },
  OTEL_SDK_DISABLED: {
    shape: "`true` or `false`",
    default: "false",
    meaning: "`true` turns traces off, whatever else is set.",
    parse: otelBooleanFrom,
  },
  OTEL_SERVICE_NAME: {
    shape: "text",
    default: undefined,
    meaning: "What the traces come from. Without it, `service.name` of OTEL_RESOURCE_ATTRIBUTES, or `verigate`.",
    parse: (text: string) => text,
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    shape: "comma list of `name=value`",
    default: undefined,
    meaning: "More about what they come from, such as the pod. Values are percent-encoded.",
    parse: pairsFrom,
  },
  OTEL_TRACES_SAMPLER: {
    shape: samplerNames.map((name) => `\`${name}\``).join(", "),
    default: "parentbased_always_on",
    meaning:
      "Which traces are recorded. `parentbased`: those that the caller records, and of calls without a trace those that the rest of the name says.",
    parse: oneOf(...samplerNames),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    shape: "0 to 1",
    default: "1",
    meaning: "The share of traces that the samplers with `traceidratio` record.",
    parse: ratioFrom,
  },
  OTEL_PROPAGATORS: {
    shape: "comma list of names",
    default: "tracecontext,baggage",
    meaning:
      "Without `tracecontext` in it, callers' traces are not continued, and the upstream is told of none. The others are not spoken here; nor is baggage.",
    parse: listOf(propagator),
  },
  OTEL_BSP_SCHEDULE_DELAY: {
    shape: "milliseconds",
    default: "5000",
    meaning: "The longest that a span waits for others before it is sent.",
    parse: anyMs,
  },
  OTEL_BSP_EXPORT_TIMEOUT: {
    shape: "milliseconds",
    default: "30000",
    meaning: "How long sending may take.",
    parse: anyMs,
  },
  OTEL_BSP_MAX_QUEUE_SIZE: {
    shape: "1 to 1000000",
    default: "2048",
    meaning: "The most spans that wait; more are dropped.",
    parse: integerOf(1, 1_000_000),
  },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: {
    shape: "1 to 1000000",
    default: "512",
    meaning: "The most spans that are sent at once.",
    parse: integerOf(1, 1_000_000),
  },
  VERIGATE_UPSTREAM_TRACE: {
    shape: "`true` or `false`",
    default: "true",
    meaning:
      "Where traces are on, whether the upstream is sent a `traceparent`: ids of the trace and of our span, and nothing else.",
    parse: booleanFrom,
  },
} as const;
