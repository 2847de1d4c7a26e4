import type { Results, ScenarioResult } from "./results.ts";

interface Column {
  readonly head: string;
  readonly cell: (result: ScenarioResult) => string;
}

const columns: readonly Column[] = [
  { head: "calls", cell: ({ calls }) => String(calls) },
  { head: "repeats", cell: ({ repeats }) => String(repeats) },
  { head: "replayed", cell: ({ replayed }) => String(replayed) },
  { head: "hit", cell: ({ hit }) => String(hit) },
  { head: "unanswered", cell: ({ violations }) => String(violations.unanswered) },
  { head: "late", cell: ({ late }) => String(late) },
  { head: "duplicates", cell: ({ violations }) => String(violations.duplicates) },
  { head: "falsely unsent", cell: ({ violations }) => String(violations.falselyUnsent) },
  { head: "falsely verified", cell: ({ violations }) => String(violations.falselyVerified) },
  { head: "not spared", cell: ({ violations }) => String(violations.notSpared) },
  { head: "wrong", cell: ({ violations }) => String(violations.wrong) },
  { head: "slowest, ms", cell: ({ slowestMs }) => String(slowestMs) },
  { head: "recovery, ms", cell: ({ recoveryMs }) => (recoveryMs === undefined ? "never" : String(recoveryMs)) },
  { head: "OK at end, %", cell: ({ okAtEndPercent }) => String(okAtEndPercent) },
  { head: "MiB", cell: ({ memoryBeforeMib, memoryAfterMib }) => `${memoryBeforeMib} → ${memoryAfterMib}` },
  { head: "ready", cell: ({ isReady }) => (isReady ? "yes" : "NO") },
  { head: "verdict", cell: ({ broken }) => (broken.length === 0 ? "kept" : "BROKEN") },
];

/** Rows of text, the head first: a scenario in each, by name for a terminal, by title for a page. */
function rowsFrom(
  { scenarios }: Results,
  firstHead: string,
  firstCell: (result: ScenarioResult) => string,
): string[][] {
  return [
    [firstHead, ...columns.map(({ head }) => head)],
    ...scenarios.map((result) => [firstCell(result), ...columns.map(({ cell }) => cell(result))]),
  ];
}

/** For a terminal: the table, how calls ended, and what is broken. */
export function terminalText(results: Results): string {
  const rows = rowsFrom(results, "scenario", ({ name }) => name);
  const widths = columnsOf(rows).map((cells) => Math.max(...cells.map(({ length }) => length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  const ends = results.scenarios.map(({ name, ends }) => `${name.padEnd(widths[0] ?? 0)}  ${endsText(ends)}`);
  const broken = results.scenarios.flatMap(({ name, broken }) => broken.map((text) => `BROKEN  ${name}: ${text}`));
  const skipped = results.skipped.map(({ title, problem }) => `SKIPPED  ${title}: ${problem}`);
  return `\n${[...table, "", ...ends, "", ...broken, ...skipped].join("\n")}\n`;
}

export function markdownTable(results: Results): string {
  const [head = [], ...rows] = rowsFrom(results, "what happens", ({ title }) => title);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** `OK 1200, UNKNOWN OUTCOME_UNKNOWN 7`, the most frequent first. */
export function endsText(ends: Readonly<Record<string, number>>): string {
  return Object.entries(ends)
    .sort(([, a], [, b]) => b - a)
    .map(([word, count]) => `${word} ${count}`)
    .join(", ");
}

function columnsOf(rows: readonly (readonly string[])[]): string[][] {
  return (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? ""));
}
