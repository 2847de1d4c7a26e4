import type { Contestant } from "./contestants.ts";
import type { LatencyTurn } from "./own-load/latency.ts";

/** The rate that the goal speaks of. */
export const latencyCallsPerSecond = 500;

/** Latencies of the upstream and of servers in front of it, which took turns. */
export interface LatencyResults {
  /** Of the upstream itself, in the order of the rounds. */
  readonly direct: readonly LatencyTurn[];
  readonly servers: readonly ServerLatency[];
}

export interface ServerLatency {
  readonly contestant: Contestant;
  /** In the order of the rounds. */
  readonly turns: readonly LatencyTurn[];
}

/** What a server adds to a percentile of the upstream's own, round by round, in milliseconds. */
export function addedMs(
  { direct }: LatencyResults,
  { turns }: ServerLatency,
  percentile: "p50Ms" | "p99Ms",
): readonly number[] {
  return turns.flatMap((turn, round) => {
    const base = direct[round];
    return base === undefined ? [] : [turn[percentile] - base[percentile]];
  });
}
