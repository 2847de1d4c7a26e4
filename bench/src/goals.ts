import { type Door, floorName, gatewayName, telemetryNames } from "./contestants.ts";
import { addedMs, type LatencyResults, latencyCallsPerSecond } from "./latency-results.ts";
import type { LimitCosts } from "./measure-limits.ts";
import type { RenderResult } from "./measure-render.ts";
import type { ScaleResults } from "./measure-scale.ts";
import { type BenchResults, ratiosTo, serverOf } from "./results.ts";
import { type Interval, median, medianInterval } from "./statistics.ts";

export type Verdict = "met" | "missed" | "undecided" | "not measured";

/** One figure that the gateway is held to. */
export interface GoalRow {
  readonly figure: string;
  readonly goal: string;
  readonly measured: string;
  readonly verdict: Verdict;
}

const idleMibMax = 90;
const loadedMibMax = 160;
/** After these calls, memory is judged. */
export const loadedCalls = 200_000;
const readyMsMax = 300;
const telemetryRatioMax = 1.15;
const scaleRatioMax = 1.1;
const limitMicrosMax = 15;
const limitMibMax = 200;
/** From here on, a step would be felt by the calls in flight. */
const stepMsLimit = 10;

/** All goals, met or not, measured or not, in the order in which they matter. */
export function judgeGoals(results: BenchResults): readonly GoalRow[] {
  return [
    ratioGoal(results, { door: "grpc", other: "grpc-js", ratioMax: 1 }),
    ratioGoal(results, { door: "grpc", other: floorName, ratioMax: 1.3 }),
    ratioGoal(results, { door: "json", other: "fastify", ratioMax: 1 }),
    {
      ...ratioGoal(results, {
        door: "grpc",
        name: telemetryNames.on,
        other: telemetryNames.off,
        ratioMax: telemetryRatioMax,
      }),
      figure: "CPU per call with log lines and metrics, by that without",
    },
    renderGoal(results.render),
    ...limitGoals(results.limits),
    latencyGoal(results.latency, { door: "grpc", percentile: "p50Ms", msMax: 0.3 }),
    latencyGoal(results.latency, { door: "grpc", percentile: "p99Ms", msMax: 2 }),
    latencyGoal(results.latency, { door: "json", percentile: "p50Ms", msMax: 0.3 }),
    latencyGoal(results.latency, { door: "json", percentile: "p99Ms", msMax: 2 }),
    ...memoryGoals(results),
    readyGoal(results),
    scaleGoal(results.scale),
  ];
}

function ratioGoal(
  results: BenchResults,
  { door, name = gatewayName, other, ratioMax }: { door: Door; name?: string; other: string; ratioMax: number },
): GoalRow {
  const figure = `CPU per call, ${door === "grpc" ? "gRPC" : "JSON"}, by that of ${other}`;
  const goal = `at most ${ratioMax} x`;
  const server = serverOf(results, name, door);
  const ratios = server === undefined ? [] : ratiosTo(results, server, other);
  if (ratios.length === 0) {
    return unmeasured(figure, goal);
  }
  return judgeRatio({ figure, goal }, ratios, ratioMax);
}

/**
 * Undecided with too few rounds for an interval. A ratio of 1 is also met where
 * the interval of the median includes it: then the two can't be told apart.
 */
function judgeRatio(row: Pick<GoalRow, "figure" | "goal">, ratios: readonly number[], ratioMax: number): GoalRow {
  const interval = medianInterval(ratios);
  const isMet = median(ratios) <= ratioMax || (ratioMax === 1 && interval !== undefined && interval.low <= 1);
  return {
    ...row,
    measured: `${median(ratios).toFixed(2)} x${rangeText(interval)}`,
    verdict: interval === undefined ? "undecided" : verdictOf(isMet),
  };
}

/** Undecided with too few rounds for an interval. */
function latencyGoal(
  latency: LatencyResults | undefined,
  { door, percentile, msMax }: { door: Door; percentile: "p50Ms" | "p99Ms"; msMax: number },
): GoalRow {
  const shown = `${door === "grpc" ? "gRPC" : "JSON"}, ${percentile === "p50Ms" ? "p50" : "p99"}`;
  const row = { figure: `latency added at ${latencyCallsPerSecond} calls/s, ${shown}`, goal: `at most ${msMax} ms` };
  const server = latency?.servers.find(({ contestant }) => contestant.name === gatewayName && contestant.door === door);
  if (latency === undefined || server === undefined) {
    return unmeasured(row.figure, row.goal);
  }
  const added = addedMs(latency, server, percentile);
  const interval = medianInterval(added);
  return {
    ...row,
    measured: `${median(added).toFixed(2)} ms${rangeText(interval)}`,
    verdict: interval === undefined ? "undecided" : verdictOf(median(added) <= msMax),
  };
}

function renderGoal(render: RenderResult | undefined): GoalRow {
  const figure = "longest block of the event loop while all series of metrics are read";
  const goal = `less than ${stepMsLimit} ms`;
  if (render === undefined) {
    return unmeasured(figure, goal);
  }
  const { longestStepMs, series } = render;
  return {
    figure: `longest block of the event loop while all ${series.toLocaleString("en")} series of metrics are read`,
    goal,
    measured: `${longestStepMs.toFixed(1)} ms`,
    verdict: verdictOf(longestStepMs < stepMsLimit),
  };
}

function limitGoals(limits: LimitCosts | undefined): readonly GoalRow[] {
  const cpu = { figure: "CPU that limits add to a call, store in memory", goal: `at most ${limitMicrosMax} µs` };
  const memory = { figure: "memory that limits take for a million users", goal: `less than ${limitMibMax} MiB` };
  if (limits === undefined) {
    return [unmeasured(cpu.figure, cpu.goal), unmeasured(memory.figure, memory.goal)];
  }
  const { beforeMib, fullMib, entriesLeft } = limits.memory;
  const mostMicros = Math.max(...limits.cpuMicros.map(([, micros]) => micros));
  return [
    {
      ...cpu,
      measured: limits.cpuMicros.map(([call, micros]) => `${call}: ${micros.toFixed(1)} µs`).join("; "),
      verdict: verdictOf(mostMicros <= limitMicrosMax),
    },
    {
      ...memory,
      measured: `${(fullMib - beforeMib).toFixed(0)} MiB; when all is over, ${entriesLeft} entries`,
      verdict: verdictOf(fullMib - beforeMib < limitMibMax),
    },
  ];
}

function memoryGoals(results: BenchResults): readonly GoalRow[] {
  const idle = { figure: "resident memory, idle", goal: `at most ${idleMibMax} MiB` };
  const loaded = {
    figure: `resident memory after ${loadedCalls.toLocaleString("en")} calls`,
    goal: `at most ${loadedMibMax} MiB`,
  };
  const gateway = serverOf(results, gatewayName, "grpc") ?? serverOf(results, gatewayName, "json");
  if (gateway === undefined) {
    return [unmeasured(idle.figure, idle.goal), unmeasured(loaded.figure, loaded.goal)];
  }
  const { idleMib, loadedMib, callsInAll } = gateway;
  const hasEnoughCalls = callsInAll >= loadedCalls;
  return [
    { ...idle, measured: `${idleMib.toFixed(0)} MiB`, verdict: verdictOf(idleMib <= idleMibMax) },
    {
      ...loaded,
      measured: `${loadedMib.toFixed(0)} MiB after ${callsInAll.toLocaleString("en")} calls`,
      // More calls may need more, never less.
      verdict: loadedMib > loadedMibMax ? "missed" : hasEnoughCalls ? "met" : "undecided",
    },
  ];
}

function readyGoal(results: BenchResults): GoalRow {
  const row = { figure: "process start to ready", goal: `at most ${readyMsMax} ms` };
  const readyMs = results.servers
    .filter(({ contestant }) => contestant.name === gatewayName)
    .flatMap((server) => server.readyMs);
  if (readyMs.length === 0) {
    return unmeasured(row.figure, row.goal);
  }
  const middle = median(readyMs);
  return { ...row, measured: `${middle.toFixed(0)} ms`, verdict: verdictOf(middle <= readyMsMax) };
}

function scaleGoal(scale: ScaleResults | undefined): GoalRow {
  const row = { figure: "CPU per call with 100,000 known users, by that with 10", goal: `at most ${scaleRatioMax} x` };
  const ratios = scale?.many.cpuMicros.flatMap((micros, round) => {
    const other = scale.few.cpuMicros[round];
    return other === undefined ? [] : [micros / other];
  });
  return ratios === undefined ? unmeasured(row.figure, row.goal) : judgeRatio(row, ratios, scaleRatioMax);
}

function unmeasured(figure: string, goal: string): GoalRow {
  return { figure, goal, measured: "-", verdict: "not measured" };
}

function rangeText(interval: Interval | undefined): string {
  return interval === undefined ? "" : ` (${interval.low.toFixed(2)} to ${interval.high.toFixed(2)})`;
}

function verdictOf(isMet: boolean): Verdict {
  return isMet ? "met" : "missed";
}
