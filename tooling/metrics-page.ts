import type { MetricEntry, MetricGroup } from "@verigate/telemetry";
import { markdownTable } from "./markdown-table.ts";

const intro = `# Metrics

Generated from \`packages/telemetry/src/metrics/\` by \`pnpm generate:docs\`.

\`/metrics\` of the admin listener (\`VERIGATE_ADMIN_LISTEN\`) answers in Prometheus' text format, and in OpenMetrics to a
scraper whose \`Accept\` asks for it, as Prometheus does. Only OpenMetrics has exemplars: the \`trace_id\` of a recorded
trace beside a bucket of a histogram. Counters end in \`_total\`, times are in seconds.

- **Label sets are closed.** A value that is not listed becomes the one in *italics*; no caller can make a series.
- **At start** says which series of a counter are there, at 0, before anything has happened: \`rate()\` then sees the first
  event. The others appear with theirs. Gauges are read when they are asked for.
- **Classes** are \`authentication\` (InitiateAuth, VerifyPin), \`list\` (ListUsers) and \`directory\` (all else).
- **Errors** have the reasons and owners of [errors.md](errors.md). What counts against availability is what
  \`verigate_rpc_errors_total\` has for the owners \`gateway\`, \`capacity\` and \`upstream\`, by \`grpc_server_handled_total\`.
- **Of Node and the process**, there are also prom-client's \`nodejs_*\` and \`process_*\`: event loop lag, garbage
  collection, heap, CPU time, memory, file descriptors.
`;

/** docs/metrics.md: a table for each group, and the labels and buckets of its metrics behind it. */
export function metricsPage(groups: readonly MetricGroup[]): string {
  return intro + groups.map(groupText).join("");
}

function groupText({ title, entries }: MetricGroup): string {
  const rows = Object.entries(entries).map(([name, entry]) => [`\`${name}\``, typeText(entry), entry.help]);
  const details = Object.entries(entries).map(([name, entry]) => detailsText(name, entry));
  return `\n## ${title}\n\n${markdownTable(["name", "type", "meaning"], rows)}${details.join("")}`;
}

function typeText({ type, hasExemplars }: MetricEntry): string {
  return hasExemplars ? `${type}, exemplars` : type;
}

function detailsText(name: string, { labels, buckets, zeros }: MetricEntry): string {
  const lines = [
    ...Object.entries(labels).map(([label, { values, fallback, words }]) => {
      const listed = values.filter((value) => value !== fallback).map((value) => `\`${value}\``);
      const known = words === undefined ? listed : [words];
      return `- \`${label}\`: ${[...known, ...(fallback === undefined ? [] : [`*\`${fallback}\`*`])].join(", ")}`;
    }),
    ...(buckets === undefined ? [] : [`- buckets up to ${buckets.join(", ")}`]),
    ...(zeros === undefined ? [] : [`- at start: ${zerosText(zeros)}`]),
  ];
  return lines.length === 0 ? "" : `\n\`${name}\`\n\n${lines.join("\n")}\n`;
}

function zerosText(zeros: NonNullable<MetricEntry["zeros"]>): string {
  return zeros === "all" ? "all" : zeros.which;
}
