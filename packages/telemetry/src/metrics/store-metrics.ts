import type { MetricEntry } from "./metric-entry.ts";
import type { Series } from "./series.ts";

/** What is read when the metrics are. */
export interface StoreFigures {
  /** Whether other processes see the same. */
  readonly isShared: boolean;
  /** Whether it can be asked at this moment, as far as is known. */
  readonly isReachable: boolean;
}

export interface StoreMetrics {
  /** A command of the shared store, such as `claim`, has ended; one that was refused, or got no answer in time, has failed. */
  storeCommand(command: string, durationMs: number, isFailed: boolean): void;
  /** The shared store is another than before, or empty. */
  storeFlushed(): void;
  readStore(figures: StoreFigures): void;
}

const commands = {
  values: ["claim", "settle", "release", "take", "initiate", "verify", "abandon", "reserve", "remember"],
  fallback: "other",
};

export const storeEntries: Readonly<Record<string, MetricEntry>> = {
  verigate_store_shared: {
    type: "gauge",
    help: "1 where replicas share a store, 0 where each has its own.",
    labels: {},
  },
  verigate_store_up: {
    type: "gauge",
    help: "1 while the store can be asked, 0 while it can't; a process's own always can.",
    labels: {},
  },
  verigate_store_command_seconds: {
    type: "histogram",
    help:
      "How long the shared store took to answer, or to be given up: claim, settle and release of a request_id; take, of " +
      "a turn of the shared rate; initiate, verify and abandon, of an authentication; reserve and settle, of what limits " +
      "count; remember, of a user's phone.",
    unit: "seconds",
    labels: { command: commands },
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  },
  verigate_store_failures_total: {
    type: "counter",
    help: "How often the shared store could not be asked, answered with an error, or not in time.",
    labels: { command: commands },
    zeros: "all",
  },
  verigate_store_flushes_total: {
    type: "counter",
    help: "How often the shared store was found flushed or replaced: request_ids from before are not protected, limits start anew.",
    labels: {},
    zeros: "all",
  },
};

export function createStoreMetrics(series: Series): StoreMetrics {
  const durations = series.histogram("verigate_store_command_seconds");
  const failures = series.counter("verigate_store_failures_total");
  const flushes = series.counter("verigate_store_flushes_total");
  let figures: StoreFigures | undefined;
  series.gauge("verigate_store_shared", (set) => set(Number(figures?.isShared ?? false)));
  series.gauge("verigate_store_up", (set) => set(Number(figures?.isReachable ?? true)));
  return {
    storeCommand(command, durationMs, isFailed) {
      durations.observe({ command }, durationMs / 1_000);
      if (isFailed) {
        failures.add({ command });
      }
    },
    storeFlushed: () => flushes.add({}),
    readStore(given) {
      figures = given;
    },
  };
}
