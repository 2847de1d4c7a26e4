import type { Table } from "./result-table.ts";

/** A table for a terminal: columns padded, the first to the right, the others to the left. */
export function terminalTable({ title, head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => cellOf(row, column).length)));
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => (column === 0 ? cellOf(row, column).padEnd(width) : cellOf(row, column).padStart(width)))
      .join("  ");
  return [title, "", line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line), ""].join("\n");
}

/** The same in Markdown, under a heading of the second level. */
export function markdownTable({ title, head, rows }: Table): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  const rule = line(head.map((_, column) => (column === 0 ? "---" : "---:")));
  return [`## ${title}`, "", line(head), rule, ...rows.map(line), ""].join("\n");
}

function cellOf(row: readonly string[], column: number): string {
  return row[column] ?? "";
}
