import { runToEnd } from "../children.ts";
import { type Door, node, pathOf } from "../contestants.ts";

/** What is sent where. `upstream` is the translated call, without a server in between. */
export interface LatencyPlan {
  readonly way: Door | "upstream";
  readonly port: number;
  readonly callsPerSecond: number;
  readonly seconds: number;
}

/** Latencies of one turn, counted from when a call was due, not from when it was sent: what waits in a queue waits. */
export interface LatencyTurn {
  /** All that were sent, warm-up included. */
  readonly calls: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late calls were sent, which is in the figures above: of the generator, not of the server. */
  readonly lateP99Ms: number;
}

/** Measures one turn, from a process of its own. Rejects where a single call went wrong. */
export async function latencyTurn(plan: LatencyPlan, core: number | undefined): Promise<LatencyTurn> {
  const command = [...node(), pathOf("own-load/latency-load.ts"), JSON.stringify(plan)];
  return JSON.parse(await runToEnd(command, { core })) as LatencyTurn;
}
