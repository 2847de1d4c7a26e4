import { expect, it } from "vitest";
import { barPlot } from "./bar-plot.ts";
import type { ServerResult } from "./results.ts";

function server(name: string, cpuMicros: readonly number[]): ServerResult {
  return {
    contestant: { name, door: "grpc", description: "", command: () => [] },
    readyMs: [1],
    idleMib: 1,
    loadedMib: 1,
    callsInAll: 1,
    turns: cpuMicros.map((micros) => ({ calls: 1, cpuMicros: micros, callsPerSecond: 1, busyShare: 1 })),
  };
}

it("bars are as long as their medians are great, on one scale", () => {
  const plot = barPlot({
    machine: { cpu: "a CPU", cores: 2, memoryGib: 8, node: "v24", isPinned: true, loadAverage: 0 },
    options: { rounds: 1, seconds: 1, starts: 1, isQuick: false, isWriting: false },
    tool: "h2load",
    render: { longestStepMs: 1, series: 1, bytes: 1 },
    servers: [server("gateway", [100, 100]), server("floor", [50, 40, 60])],
  });
  const widths = [...plot.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) => Number(width));
  expect(widths).toEqual([500, 250]);
});
