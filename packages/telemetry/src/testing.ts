import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from "prom-client";
import { metricsCatalogue } from "./metrics/catalogue.ts";
import { contentTypes, exposition } from "./metrics/exposition.ts";
import { rpcMethods, serviceIdsMax, unknownName } from "./metrics/label-sets.ts";
import type { Labels, MetricEntry } from "./metrics/metric-entry.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { createSeries } from "./metrics/series.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";

/**
 * Metrics with every series that the catalogue allows, and an exemplar in every
 * bucket that may have one: as large as a page of them can get.
 */
export function createFullMetrics(): Pick<Metrics, "render"> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register: registry });
  const entries: Record<string, MetricEntry> = Object.assign({}, ...metricsCatalogue.map((group) => group.entries));
  const serviceIds = Array.from({ length: serviceIdsMax }, (_, index) => `service-${String(index).repeat(16)}`);
  const series = createSeries({ registry, entries, serviceIds });
  for (const [name, entry] of Object.entries(entries)) {
    const all = combinationsOf(entry, serviceIds);
    if (entry.type === "gauge") {
      series.gauge(name, (set) => {
        for (const labels of all) {
          set(0.123, labels);
        }
      });
    } else if (entry.type === "counter") {
      const counter = series.counter(name);
      for (const labels of all) {
        counter.add(labels);
      }
    } else {
      const histogram = series.histogram(name);
      for (const labels of all) {
        for (const bound of [...(entry.buckets ?? []), Number.MAX_SAFE_INTEGER]) {
          histogram.observe(labels, bound, traceId);
        }
      }
    }
  }
  return {
    render: async (format) => ({
      contentType: contentTypes[format],
      text: await exposition(registry, format, entries),
    }),
  };
}

const someRpcs: readonly Labels[] = [
  ...rpcMethods.map(({ service, method, type }) => ({ grpc_service: service, grpc_method: method, grpc_type: type })),
  { grpc_service: unknownName, grpc_method: unknownName, grpc_type: "unary" },
];

/** Service, method and type go together; all else goes with everything. */
function combinationsOf({ labels }: MetricEntry, serviceIds: readonly string[]): readonly Labels[] {
  const rows: readonly Labels[] = "grpc_service" in labels ? someRpcs : [{}];
  return Object.entries(labels)
    .filter(([name]) => rows[0]?.[name] === undefined)
    .reduce((combined, [name, { values }]) => {
      const own = name === "service_id" ? serviceIds : [];
      const all = [...own, ...values, "something else"];
      return combined.flatMap((row) => all.map((value) => ({ ...row, [name]: value })));
    }, rows);
}
