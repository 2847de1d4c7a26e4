import { describe, expect, it } from "vitest";
import { contestants } from "./contestants.ts";
import { judgeGoals } from "./goals.ts";
import type { LatencyResults } from "./latency-results.ts";
import type { ScaleSide } from "./measure-scale.ts";
import type { BenchResults, ServerResult } from "./results.ts";

interface Figures {
  /** CPU per call of the gateway over gRPC, one for each round; that of grpc-js is 100. */
  readonly gateway: readonly number[];
  readonly memory?: Partial<Pick<ServerResult, "idleMib" | "loadedMib" | "callsInAll">>;
  /** CPU per call with telemetry, one for each round; without it is 100. */
  readonly telemetry?: readonly number[];
  readonly longestStepMs?: number;
  /** What the gateway adds over gRPC, one for each round, p50 and p99 alike. */
  readonly addedMs?: readonly number[];
  /** CPU per call with many users, one for each round; with few it is 100. */
  readonly many?: readonly number[];
  readonly limits?: { readonly micros: number; readonly mib: number };
}

function verdicts({
  gateway,
  memory,
  telemetry = [],
  longestStepMs = 1,
  limits,
  addedMs,
  many,
}: Figures): Record<string, string> {
  const cpuOf = (name: string, round: number) =>
    name === "gateway" ? gateway[round] : name === "telemetry on" ? telemetry[round] : 100;
  const servers = contestants.map((contestant) => ({
    contestant,
    readyMs: [200],
    idleMib: 80,
    loadedMib: 120,
    callsInAll: 200_000,
    ...memory,
    turns: gateway.map((_, round) => ({
      calls: 1_000,
      cpuMicros: cpuOf(contestant.name, round) ?? 100,
      callsPerSecond: 1_000,
      busyShare: 1,
    })),
  }));
  const results: BenchResults = {
    machine: { cpu: "a CPU", cores: 2, memoryGib: 8, node: "v24", isPinned: true, loadAverage: 0 },
    options: { rounds: gateway.length, seconds: 3, starts: 1, isQuick: false, isWriting: false },
    tool: "h2load",
    servers,
    render: { longestStepMs, series: 5_000, bytes: 600_000 },
    ...(addedMs !== undefined && { latency: latencyOf(addedMs) }),
    ...(many !== undefined && { scale: { few: sideOf(many.map(() => 100)), many: sideOf(many) } }),
    ...(limits !== undefined && {
      limits: {
        cpuMicros: [
          ["VerifyPin", 1],
          ["InitiateAuth", limits.micros],
        ],
        memory: { users: 1_000_000, entries: 3_000_000, beforeMib: 100, fullMib: 100 + limits.mib, entriesLeft: 0 },
      },
    }),
  };
  return Object.fromEntries(judgeGoals(results).map(({ figure, verdict }) => [figure, verdict]));
}

function latencyOf(addedMs: readonly number[]): LatencyResults {
  const turnOf = (ms: number) => ({ calls: 1_000, p50Ms: 1 + ms, p99Ms: 1 + ms, lateP99Ms: 0 });
  return {
    direct: addedMs.map(() => turnOf(0)),
    servers: contestants
      .filter(({ name, door }) => name === "gateway" && door === "grpc")
      .map((contestant) => ({ contestant, turns: addedMs.map(turnOf) })),
  };
}

function sideOf(cpuMicros: readonly number[]): ScaleSide {
  return { users: 10, cpuMicros, residentMib: 100, requestIds: 20 };
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

  it("telemetry may cost 15 % and no more", () => {
    const figure = "CPU per call with log lines and metrics, by that without";
    const gateway = [100, 100, 100, 100, 100];
    expect(verdicts({ gateway, telemetry: [110, 112, 115, 116, 120] })[figure]).toBe("met");
    expect(verdicts({ gateway, telemetry: [110, 112, 116, 117, 120] })[figure]).toBe("missed");
    expect(verdicts({ gateway: [100, 100], telemetry: [110, 112] })[figure]).toBe("undecided");
  });

  it("reading all metrics must block for less than 10 ms", () => {
    const figure = "longest block of the event loop while all 5,000 series of metrics are read";
    expect(verdicts({ gateway: [100], longestStepMs: 9.9 })[figure]).toBe("met");
    expect(verdicts({ gateway: [100], longestStepMs: 10 })[figure]).toBe("missed");
  });

  it("limits may cost 15 µs for any call, and less than 200 MiB for a million users", () => {
    const [cpu, memory] = [
      "CPU that limits add to a call, store in memory",
      "memory that limits take for a million users",
    ];
    const [cheap, dear] = [
      verdicts({ gateway: [100], limits: { micros: 15, mib: 199 } }),
      verdicts({ gateway: [100], limits: { micros: 15.1, mib: 200 } }),
    ];
    expect([cheap[cpu], cheap[memory]]).toEqual(["met", "met"]);
    expect([dear[cpu], dear[memory]]).toEqual(["missed", "missed"]);
    expect(verdicts({ gateway: [100] })[cpu]).toBe("not measured");
  });

  it("memory under load is met only after the calls that the goal speaks of", () => {
    const figure = "resident memory after 200,000 calls";
    const gateway = [100, 100, 100, 100, 100];
    expect(verdicts({ gateway })[figure]).toBe("met");
    expect(verdicts({ gateway, memory: { callsInAll: 199_999 } })[figure]).toBe("undecided");
    expect(verdicts({ gateway, memory: { callsInAll: 10, loadedMib: 161 } })[figure]).toBe("missed");
  });

  it("latency is what a server adds to the upstream's own in the same round", () => {
    const [p50, p99] = ["latency added at 500 calls/s, gRPC, p50", "latency added at 500 calls/s, gRPC, p99"];
    const of = (addedMs: readonly number[]) => {
      const all = verdicts({ gateway: [100], addedMs });
      return [all[p50], all[p99]];
    };
    expect(of([0.1, 0.2, 0.29, 2, 3])).toEqual(["met", "met"]);
    expect(of([0.1, 0.2, 0.4, 2, 3])).toEqual(["missed", "met"]);
    expect(of([0.1, 0.2, 2.1, 3, 3])).toEqual(["missed", "missed"]);
    expect(of([0.1, 0.2])).toEqual(["undecided", "undecided"]);
  });

  it("many users may cost a tenth more than few", () => {
    const figure = "CPU per call with 100,000 known users, by that with 10";
    expect(verdicts({ gateway: [100], many: [90, 100, 109, 130, 140] })[figure]).toBe("met");
    expect(verdicts({ gateway: [100], many: [90, 100, 111, 130, 140] })[figure]).toBe("missed");
    expect(verdicts({ gateway: [100], many: [90, 100] })[figure]).toBe("undecided");
  });

  it("a goal that nobody measures yet is shown as such", () => {
    const unmeasured = Object.values(verdicts({ gateway: [100], limits: { micros: 1, mib: 1 } })).filter(
      (verdict) => verdict === "not measured",
    );
    // Four of latency, and scale.
    expect(unmeasured).toHaveLength(5);
  });
});
