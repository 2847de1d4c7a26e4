import type { ClientResult } from "./measure-clients.ts";
import type { Table } from "./result-table.ts";
import { median, spread } from "./statistics.ts";

/** One row for each client. */
export function clientTable(results: readonly ClientResult[]): Table {
  const reference = results.find(({ name }) => name === "connect-node")?.cpuMicros ?? [];
  return {
    title: "Clients, gRPC",
    head: ["client", "CPU µs/call", "min to max", "by connect-node"],
    rows: results.map(({ name, cpuMicros }) => {
      const cpu = spread(cpuMicros);
      const ratios = cpuMicros.flatMap((micros, round) => {
        const other = reference[round];
        return other === undefined ? [] : [micros / other];
      });
      return [
        name,
        cpu.median.toFixed(0),
        `${cpu.min.toFixed(0)} to ${cpu.max.toFixed(0)}`,
        `${median(ratios).toFixed(2)} x`,
      ];
    }),
  };
}
