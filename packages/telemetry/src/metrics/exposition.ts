import { setImmediate } from "node:timers/promises";
import type { Registry } from "prom-client";
import type { MetricEntry } from "./metric-entry.ts";

/** `text` is Prometheus' own format, `openmetrics` the one that has exemplars. */
export type ExpositionFormat = "text" | "openmetrics";

export const contentTypes: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** What prom-client knows of a metric when it is read. Its declarations leave half of it out. */
interface Snapshot {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>;
    readonly value: number;
    /** Seconds since 1970. */
    readonly timestamp: number;
  } | null;
}

interface Readable {
  get(): Promise<Snapshot>;
}

/** After so many lines of one metric, others get a turn: some 200 µs. */
const linesMax = 200;

/**
 * Writes all metrics of a registry. Between metrics, and within large ones, other
 * work gets its turn: prom-client's own way takes one long step for them all, and
 * in OpenMetrics renames its counters for good.
 *
 * https://prometheus.io/docs/instrumenting/exposition_formats/ and
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export async function exposition(
  registry: Pick<Registry, "getMetricsAsArray">,
  format: ExpositionFormat,
  entries: Readonly<Record<string, MetricEntry>>,
): Promise<string> {
  const isOpen = format === "openmetrics";
  // Joined piece by piece: thousands of lines that are joined at last are all copied by each garbage collection on the way.
  const pieces: string[] = [];
  for (const metric of registry.getMetricsAsArray() as unknown as readonly Readable[]) {
    const { name, help, type, values } = await metric.get();
    // In OpenMetrics, a counter is named without what its samples end with.
    const family = isOpen && type === "counter" ? name.replace(/_total$/, "") : name;
    const unit = isOpen ? entries[name]?.unit : undefined;
    let lines = [`# HELP ${family} ${isOpen ? escapedValue(help) : escapedHelp(help)}\n`, `# TYPE ${family} ${type}\n`];
    if (unit !== undefined) {
      lines.push(`# UNIT ${family} ${unit}\n`);
    }
    // A counter's samples go on counting while others have their turn.
    const numbers = values.map(({ value }) => value);
    for (const [index, { metricName = name, labels, exemplar }] of values.entries()) {
      const sample = `${metricName}${textFromLabels(labels)} ${textFromNumber(numbers[index] ?? Number.NaN)}`;
      lines.push(isOpen && exemplar ? `${sample}${exemplarText(exemplar)}\n` : `${sample}\n`);
      if (lines.length >= linesMax) {
        pieces.push(lines.join(""));
        lines = [];
        await setImmediate();
      }
    }
    pieces.push(lines.join(""));
    await setImmediate();
  }
  return pieces.join("") + (isOpen ? "# EOF\n" : "");
}

function textFromLabels(labels: Sample["labels"]): string {
  let text = "";
  for (const name in labels) {
    text += `${text === "" ? "" : ","}${name}="${escapedValue(String(labels[name]))}"`;
  }
  return text === "" ? "" : `{${text}}`;
}

function exemplarText({ labelSet, value, timestamp }: NonNullable<Sample["exemplar"]>): string {
  return ` # ${textFromLabels(labelSet)} ${textFromNumber(value)} ${timestamp}`;
}

/** NaN and infinities in the formats' own words. */
function textFromNumber(value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
}

function escapedHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapedValue(text: string): string {
  // Nearly no value has anything to escape.
  return /[\\\n"]/.test(text) ? escapedHelp(text).replaceAll('"', '\\"') : text;
}
