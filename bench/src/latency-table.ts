import { doorNames } from "./contestants.ts";
import { addedMs, type LatencyResults, latencyCallsPerSecond } from "./latency-results.ts";
import type { LatencyTurn } from "./own-load/latency.ts";
import type { Table } from "./result-table.ts";
import { median, spread } from "./statistics.ts";

/** A row for the upstream itself, and one for each server in front of it. */
export function latencyTable(results: LatencyResults): Table {
  return {
    title: `Latency at ${latencyCallsPerSecond} calls/s`,
    head: ["server", "door", "p50 ms", "p99 ms", "added p50", "min to max", "added p99", "min to max"],
    rows: [
      ["upstream itself", "HTTP/1.1", ...own(results.direct), "-", "-", "-", "-"],
      ...results.servers.map((server) => [
        server.contestant.name,
        doorNames[server.contestant.door],
        ...own(server.turns),
        ...added(addedMs(results, server, "p50Ms")),
        ...added(addedMs(results, server, "p99Ms")),
      ]),
    ],
  };
}

function own(turns: readonly LatencyTurn[]): readonly string[] {
  return [median(turns.map(({ p50Ms }) => p50Ms)).toFixed(2), median(turns.map(({ p99Ms }) => p99Ms)).toFixed(2)];
}

function added(values: readonly number[]): readonly string[] {
  const { median: middle, min, max } = spread(values);
  return [middle.toFixed(2), `${min.toFixed(2)} to ${max.toFixed(2)}`];
}
