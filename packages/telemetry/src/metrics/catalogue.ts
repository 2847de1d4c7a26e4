import { accessEntries } from "./access-metrics.ts";
import { authEntries } from "./auth-metrics.ts";
import { limitEntries } from "./limit-metrics.ts";
import type { MetricEntry } from "./metric-entry.ts";
import { processEntries } from "./process-metrics.ts";
import { rpcEntries } from "./rpc-metrics.ts";
import { storeEntries } from "./store-metrics.ts";
import { upstreamEntries } from "./upstream-metrics.ts";

/** A subject, and its metrics by their names. */
export interface MetricGroup {
  readonly title: string;
  readonly entries: Readonly<Record<string, MetricEntry>>;
}

/** Every metric of ours, in the order in which they are documented. */
export const metricsCatalogue: readonly MetricGroup[] = [
  { title: "RPCs", entries: rpcEntries },
  { title: "Authentication", entries: authEntries },
  { title: "Callers and secrets", entries: accessEntries },
  { title: "Limits", entries: limitEntries },
  { title: "Upstream", entries: upstreamEntries },
  { title: "Store", entries: storeEntries },
  { title: "Process", entries: processEntries },
];
