import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from "prom-client";
import { type AccessMetrics, createAccessMetrics } from "./access-metrics.ts";
import { type AuthMetrics, createAuthMetrics } from "./auth-metrics.ts";
import { metricsCatalogue } from "./catalogue.ts";
import { contentTypes, type ExpositionFormat, exposition } from "./exposition.ts";
import { createLimitMetrics, type LimitMetrics } from "./limit-metrics.ts";
import { createProcessMetrics, type ProcessMetrics } from "./process-metrics.ts";
import { createRpcMetrics, type RpcMetrics } from "./rpc-metrics.ts";
import { createSeries } from "./series.ts";
import { createStoreMetrics, type StoreMetrics } from "./store-metrics.ts";
import { createUpstreamMetrics, type UpstreamMetrics } from "./upstream-metrics.ts";

/** What the gateway counts and measures, in its own terms: docs/metrics.md says under which names. */
export interface Metrics
  extends RpcMetrics,
    AuthMetrics,
    AccessMetrics,
    LimitMetrics,
    UpstreamMetrics,
    StoreMetrics,
    ProcessMetrics {
  /** All of it, and its content type. Never holds other work up for long. */
  render(format: ExpositionFormat): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface MetricsOptions {
  /** Services that have series of their own. Default: none. */
  readonly serviceIds?: readonly string[];
}

export function createMetrics({ serviceIds = [] }: MetricsOptions = {}): Metrics {
  const registry = new Registry<OpenMetricsContentType>();
  // prom-client takes exemplars for this type alone; what is written is decided by each reader.
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  const entries = Object.assign({}, ...metricsCatalogue.map((group) => group.entries));
  const series = createSeries({ registry, entries, serviceIds });
  return {
    ...createRpcMetrics(series),
    ...createAuthMetrics(series),
    ...createAccessMetrics(series),
    ...createLimitMetrics(series),
    ...createUpstreamMetrics(series),
    ...createStoreMetrics(series),
    ...createProcessMetrics(series),
    render: async (format) => ({
      contentType: contentTypes[format],
      text: await exposition(registry, format, entries),
    }),
  };
}
