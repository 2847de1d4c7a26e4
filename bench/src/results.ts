import { type Contestant, type Door, referenceNames } from "./contestants.ts";
import type { LatencyResults } from "./latency-results.ts";
import type { Machine } from "./machine.ts";
import type { ClientResult } from "./measure-clients.ts";
import type { LimitCosts } from "./measure-limits.ts";
import type { RenderResult } from "./measure-render.ts";
import type { ScaleResults } from "./measure-scale.ts";
import type { Options } from "./options.ts";

/** One turn of one server. */
export interface Turn {
  readonly calls: number;
  /** CPU time of the server's process per call, user and system, all threads, in microseconds. */
  readonly cpuMicros: number;
  readonly callsPerSecond: number;
  /** CPU time by elapsed time; 1 is a whole core. Far below it, the server was waiting for load or for its core. */
  readonly busyShare: number;
}

/** All that was measured of one server. */
export interface ServerResult {
  readonly contestant: Contestant;
  /** From spawn until the port took a connection, in milliseconds; one for each start. */
  readonly readyMs: readonly number[];
  /** Resident memory two seconds after the first call, in MiB. */
  readonly idleMib: number;
  /** Resident memory right after the last turn, in MiB. */
  readonly loadedMib: number;
  /** Calls that it had answered by then, warm-up included. */
  readonly callsInAll: number;
  /** In the order of the rounds. */
  readonly turns: readonly Turn[];
}

export interface BenchResults {
  readonly machine: Machine;
  readonly options: Options;
  readonly tool: string;
  readonly servers: readonly ServerResult[];
  // What follows is not measured by a quick run.
  readonly latency?: LatencyResults;
  readonly render?: RenderResult;
  readonly limits?: LimitCosts;
  readonly scale?: ScaleResults;
  readonly clients?: readonly ClientResult[];
}

/** The server of that name behind that door; undefined where it was not measured. */
export function serverOf(results: BenchResults, name: string, door: Door): ServerResult | undefined {
  return results.servers.find(({ contestant }) => contestant.name === name && contestant.door === door);
}

/**
 * CPU per call of a server by that of its door's server `other`, round by round:
 * what a busy machine does to a whole round cancels out. Empty where `other` was
 * not measured.
 */
export function ratiosTo(
  results: BenchResults,
  server: ServerResult,
  other: string = referenceNames[server.contestant.door],
): readonly number[] {
  const turns = serverOf(results, other, server.contestant.door)?.turns ?? [];
  return turns.flatMap((turn, round) => {
    const own = server.turns[round];
    return own === undefined ? [] : [own.cpuMicros / turn.cpuMicros];
  });
}
