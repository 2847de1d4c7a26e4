import { Counter, Gauge, Histogram, type OpenMetricsContentType, type Registry } from "prom-client";
import { createLabelRows } from "./label-rows.ts";
import { serviceIds } from "./label-sets.ts";
import type { LabelSet, Labels, MetricEntry } from "./metric-entry.ts";

/**
 * Makes the metrics of the catalogue. Each is asked for once, by its name; a
 * name that is not in the catalogue, or is of another type, throws.
 *
 * A value that is not in its label's set becomes the set's fallback, or `other`:
 * whatever callers send, the number of series is bounded.
 */
export interface Series {
  counter(name: string): { add(labels: Labels, count?: number): void };
  histogram(name: string): {
    /** `value` is in the metric's unit; `traceId` is kept beside the bucket where the metric has exemplars. */
    observe(labels: Labels, value: number, traceId?: string): void;
  };
  /** `read` is called when the metrics are read, and sets every series that there is then. */
  gauge(name: string, read: (set: GaugeSetter) => void): void;
}

export type GaugeSetter = (value: number, labels?: Labels) => void;

export interface SeriesOptions {
  readonly registry: Registry<OpenMetricsContentType>;
  readonly entries: Readonly<Record<string, MetricEntry>>;
  /** Services that have series of their own. */
  readonly serviceIds: readonly string[];
}

export function createSeries({ registry, entries, serviceIds: ownSeries }: SeriesOptions): Series {
  const registers = [registry];

  function entryOf(name: string, type: MetricEntry["type"]): MetricEntry {
    const entry = entries[name];
    if (entry?.type !== type) {
      throw new Error(`the catalogue has no ${type} ${name}`);
    }
    return entry;
  }

  const valuesOf = (set: LabelSet) => (set === serviceIds ? [...ownSeries, ...set.values] : set.values);
  const rowsOf = ({ labels }: MetricEntry) =>
    createLabelRows(
      Object.entries(labels).map(([name, set]) => ({
        name,
        known: new Set(valuesOf(set)),
        fallback: set.fallback ?? "other",
      })),
    );

  const configOf = (name: string, { help, labels }: MetricEntry) => ({
    name,
    help,
    labelNames: Object.keys(labels),
    registers,
  });

  return {
    counter(name) {
      const entry = entryOf(name, "counter");
      const rows = rowsOf(entry);
      const counter = new Counter({
        ...configOf(name, entry),
        // What was added since it was read last.
        collect() {
          for (const row of rows.all) {
            this.inc(row.labels, row.count);
            row.count = 0;
          }
        },
      });
      for (const labels of entry.zeros === "all" ? productOf(entry, valuesOf) : (entry.zeros?.series ?? [])) {
        counter.inc(rows.of(labels).labels, 0);
      }
      return {
        add(labels, count = 1) {
          rows.of(labels).count += count;
        },
      };
    },
    histogram(name) {
      const entry = entryOf(name, "histogram");
      const histogram = new Histogram({
        ...configOf(name, entry),
        buckets: [...(entry.buckets ?? [])],
        enableExemplars: entry.hasExemplars ?? false,
      });
      const rows = rowsOf(entry);
      if (entry.hasExemplars) {
        return {
          observe: (labels, value, traceId) =>
            histogram.observe({
              labels: rows.of(labels).labels,
              value,
              ...(traceId === undefined ? {} : { exemplarLabels: { trace_id: traceId } }),
            }),
        };
      }
      return { observe: (labels, value) => histogram.observe(rows.of(labels).labels, value) };
    },
    gauge(name, read) {
      const entry = entryOf(name, "gauge");
      new Gauge({
        ...configOf(name, entry),
        collect() {
          this.reset();
          read((value, labels = {}) => this.set(labels, value));
        },
      });
    },
  };
}

/** Every combination of the labels' values. */
function productOf({ labels }: MetricEntry, valuesOf: (set: LabelSet) => readonly string[]): Labels[] {
  return Object.entries(labels).reduce<Labels[]>(
    (rows, [name, set]) => rows.flatMap((row) => valuesOf(set).map((value) => ({ ...row, [name]: value }))),
    [{}],
  );
}
