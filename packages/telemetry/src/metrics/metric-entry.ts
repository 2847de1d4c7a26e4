/** One metric, as its readers need to know it. docs/metrics.md is generated from these. */
export interface MetricEntry {
  readonly type: "counter" | "gauge" | "histogram";
  /** What it counts or measures: one sentence, and what is odd about it. */
  readonly help: string;
  /** In which unit its name says it is. */
  readonly unit?: "seconds" | "ratio";
  /** In the order in which they are written. */
  readonly labels: Readonly<Record<string, LabelSet>>;
  /** Upper bounds of a histogram, in its unit; all else is in the bucket `+Inf`. */
  readonly buckets?: readonly number[];
  /** Whether its buckets name a call's trace, where the call has one, in OpenMetrics. */
  readonly hasExemplars?: true;
  /**
   * The series of a counter that are there, at 0, before anything has happened.
   * The first event of a series that is not there is no increase to `rate()`, so
   * whatever an alert looks at is here, or the alert looks for series that are new.
   */
  readonly zeros?: "all" | { readonly which: string; readonly series: readonly Labels[] };
}

/** The values that a label may have. Nothing that a caller sends can make another. */
export interface LabelSet {
  readonly values: readonly string[];
  /** What stands for every other value. Where a value can't be another, nothing is said about it. */
  readonly fallback?: string;
  /** What the documentation says instead of listing them. */
  readonly words?: string;
}

export type Labels = Readonly<Record<string, string>>;
