import { describe, expect, it } from "vitest";
import { contestants } from "./contestants.ts";
import { judgeGoals } from "./goals.ts";
import type { BenchResults, ServerResult } from "./results.ts";

interface Figures {
  /** CPU per call of the gateway over gRPC, one for each round; that of grpc-js is 100. */
  readonly gateway: readonly number[];
  readonly memory?: Partial<Pick<ServerResult, "idleMib" | "loadedMib" | "callsInAll">>;
}

function verdicts({ gateway, memory }: Figures): Record<string, string> {
  const servers = contestants.map((contestant) => ({
    contestant,
    readyMs: [200],
    idleMib: 80,
    loadedMib: 120,
    callsInAll: 200_000,
    ...memory,
    turns: gateway.map((cpuMicros) => ({
      calls: 1_000,
      cpuMicros: contestant.name === "gateway" ? cpuMicros : 100,
      callsPerSecond: 1_000,
      busyShare: 1,
    })),
  }));
  const results: BenchResults = {
    machine: { cpu: "a CPU", cores: 2, memoryGib: 8, node: "v24", isPinned: true, loadAverage: 0 },
    options: { rounds: gateway.length, seconds: 3, starts: 1, isWriting: false },
    tool: "h2load",
    servers,
  };
  return Object.fromEntries(judgeGoals(results).map(({ figure, verdict }) => [figure, verdict]));
}

describe("judgeGoals", () => {
  const byGrpcJs = "CPU per call, gRPC, by that of grpc-js";
  const byFloor = "CPU per call, gRPC, by that of floor";

  it.each([
    { name: "clearly less", gateway: [90, 91, 92, 93, 94], verdict: "met" },
    { name: "not to be told apart", gateway: [99, 104, 105, 106, 107], verdict: "met" },
    { name: "clearly more", gateway: [101, 104, 105, 106, 107], verdict: "missed" },
    { name: "less in too few rounds", gateway: [90, 91], verdict: "undecided" },
  ])("CPU that is $name than that of grpc-js is $verdict", ({ gateway, verdict }) => {
    expect(verdicts({ gateway })[byGrpcJs]).toBe(verdict);
  });

  it("a ratio other than 1 has no benefit of the doubt", () => {
    expect(verdicts({ gateway: [120, 129, 131, 132, 133] })[byFloor]).toBe("missed");
    expect(verdicts({ gateway: [120, 128, 129, 132, 133] })[byFloor]).toBe("met");
  });

  it("memory under load is met only after the calls that the goal speaks of", () => {
    const figure = "resident memory after 200,000 calls";
    const gateway = [100, 100, 100, 100, 100];
    expect(verdicts({ gateway })[figure]).toBe("met");
    expect(verdicts({ gateway, memory: { callsInAll: 199_999 } })[figure]).toBe("undecided");
    expect(verdicts({ gateway, memory: { callsInAll: 10, loadedMib: 161 } })[figure]).toBe("missed");
  });

  it("a goal that nobody measures yet is shown as such", () => {
    const unmeasured = Object.values(verdicts({ gateway: [100] })).filter((verdict) => verdict === "not measured");
    expect(unmeasured).toHaveLength(2);
  });
});
