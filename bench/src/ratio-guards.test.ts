import { expect, it } from "vitest";
import { contestants } from "./contestants.ts";
import { judgeGuards, ratioGuards } from "./ratio-guards.ts";
import type { BenchResults } from "./results.ts";

/** Three rounds in which the gateway costs 50 µs, and every other server 100, but for those of `cpuMicros`. */
function quickRun(cpuMicros: Readonly<Record<string, readonly number[]>>, without?: string): BenchResults {
  return {
    machine: { cpu: "a CPU", cores: 2, memoryGib: 8, node: "v24", isPinned: true, loadAverage: 0 },
    options: { rounds: 3, seconds: 1, starts: 1, isQuick: true, isWriting: false },
    tool: "h2load",
    servers: contestants
      .filter(({ name }) => name !== without)
      .map((contestant) => ({
        contestant,
        readyMs: [200],
        idleMib: 80,
        loadedMib: 120,
        callsInAll: 10_000,
        turns: (
          cpuMicros[`${contestant.name} ${contestant.door}`] ??
          Array<number>(3).fill(contestant.name === "gateway" ? 50 : 100)
        ).map((micros) => ({
          calls: 1_000,
          cpuMicros: micros,
          callsPerSecond: 1_000,
          busyShare: 1,
        })),
      })),
  };
}

const keptIn = (results: BenchResults) => judgeGuards(results).map(({ isKept }) => isKept);

it("a gateway that costs more than the bare router behind one door breaks that ratio alone", () => {
  expect(keptIn(quickRun({ "gateway grpc": [61, 61, 61] }))).toEqual([false, true, true]);
  expect(keptIn(quickRun({ "gateway json": [91, 91, 91] }))).toEqual([true, false, true]);
});

it("one bad round of three breaks nothing", () => {
  expect(keptIn(quickRun({ "gateway grpc": [50, 900, 50] }))).toEqual([true, true, true]);
});

it("a ratio that was not measured is not kept", () => {
  expect(keptIn(quickRun({}, "connect-node"))).toEqual([false, false, true]);
});

it("every guard is about servers that are measured", () => {
  const measured = contestants.map(({ name, door }) => `${name} ${door}`);
  expect(measured).toEqual(
    expect.arrayContaining(ratioGuards.flatMap(({ name, other, door }) => [`${name} ${door}`, `${other} ${door}`])),
  );
});
