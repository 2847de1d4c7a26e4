import { type Door, doorNames, referenceNames } from "./contestants.ts";
import { type BenchResults, ratiosTo, type ServerResult } from "./results.ts";
import { median, type Spread, spread } from "./statistics.ts";

/** A heading and cells, all of them text: made once, shown on terminals and in Markdown. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The doors that were measured, in the order in which they are shown. */
export function measuredDoors(results: BenchResults): readonly Door[] {
  return (Object.keys(doorNames) as Door[]).filter((door) =>
    results.servers.some(({ contestant }) => contestant.door === door),
  );
}

/** One row for each server behind `door`. */
export function resultTable(results: BenchResults, door: Door): Table {
  return {
    title: doorNames[door],
    head: [
      "server",
      "CPU µs/call",
      "min to max",
      `by ${referenceNames[door]}`,
      "calls/s",
      "core busy",
      "idle MiB",
      "loaded MiB",
      "ready ms",
    ],
    rows: results.servers
      .filter(({ contestant }) => contestant.door === door)
      .map((server) => rowOf(server, ratiosTo(results, server))),
  };
}

function rowOf(server: ServerResult, ratios: readonly number[]): readonly string[] {
  const { contestant, turns, readyMs, idleMib, loadedMib } = server;
  const cpu = spread(turns.map(({ cpuMicros }) => cpuMicros));
  return [
    contestant.name,
    cpu.median.toFixed(0),
    rangeText(cpu),
    ratios.length === 0 ? "-" : `${median(ratios).toFixed(2)} x`,
    median(turns.map(({ callsPerSecond }) => callsPerSecond)).toFixed(0),
    `${(median(turns.map(({ busyShare }) => busyShare)) * 100).toFixed(0)} %`,
    idleMib.toFixed(0),
    loadedMib.toFixed(0),
    median(readyMs).toFixed(0),
  ];
}

function rangeText({ min, max }: Spread): string {
  return `${min.toFixed(0)} to ${max.toFixed(0)}`;
}
