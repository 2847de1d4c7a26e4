import type { TracingOptions } from "@verigate/telemetry";
import { version } from "../version.ts";
import type { SettingValues } from "./settings.ts";

/** What {@link createTracing} needs; undefined where traces are off. */
export function tracingFromSettings(values: SettingValues): Omit<TracingOptions, "logger"> | undefined {
  if (!isTracingOn(values)) {
    return undefined;
  }
  return {
    url: urlFrom(values),
    headers: Object.fromEntries([
      ...(values.OTEL_EXPORTER_OTLP_HEADERS ?? []),
      ...(values.OTEL_EXPORTER_OTLP_TRACES_HEADERS ?? []),
    ]),
    sampler: values.OTEL_TRACES_SAMPLER,
    ratio: values.OTEL_TRACES_SAMPLER_ARG,
    batch: {
      delayMs: values.OTEL_BSP_SCHEDULE_DELAY,
      exportTimeoutMs: values.OTEL_BSP_EXPORT_TIMEOUT,
      queueMax: values.OTEL_BSP_MAX_QUEUE_SIZE,
      sizeMax: values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    },
    resource: {
      "service.name": "verigate",
      "service.version": version,
      ...Object.fromEntries(values.OTEL_RESOURCE_ATTRIBUTES ?? []),
      ...(values.OTEL_SERVICE_NAME === undefined ? {} : { "service.name": values.OTEL_SERVICE_NAME }),
    },
  };
}

/** What is wrong between the settings of traces; nothing where they are off. */
export function traceContradictions(values: Partial<SettingValues>): string[] {
  if (!isTracingOn(values)) {
    return [];
  }
  const found: string[] = [];
  const isOfTraces = values.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL !== undefined;
  const name = isOfTraces ? "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" : "OTEL_EXPORTER_OTLP_PROTOCOL";
  if (![undefined, "http/protobuf"].includes(values[name])) {
    found.push(`${name}: traces are sent by http/protobuf only`);
  }
  if ((values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE ?? 0) > (values.OTEL_BSP_MAX_QUEUE_SIZE ?? Number.POSITIVE_INFINITY)) {
    found.push("OTEL_BSP_MAX_EXPORT_BATCH_SIZE: is larger than OTEL_BSP_MAX_QUEUE_SIZE");
  }
  return found;
}

function isTracingOn(values: Partial<SettingValues>): boolean {
  if (values.OTEL_SDK_DISABLED === true || values.OTEL_TRACES_EXPORTER === "none") {
    return false;
  }
  return (
    values.OTEL_TRACES_EXPORTER === "otlp" ||
    values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined ||
    values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT !== undefined
  );
}

function urlFrom(values: SettingValues): string {
  const whole = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (whole !== undefined) {
    return whole.href;
  }
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT?.href ?? "http://localhost:4318";
  return `${base.replace(/\/$/, "")}/v1/traces`;
}
