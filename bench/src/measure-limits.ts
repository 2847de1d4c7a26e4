import { runToEnd } from "./children.ts";
import { node, pathOf } from "./contestants.ts";

/** What limits cost where the store is in memory. */
export interface LimitCosts {
  /** CPU per call, in microseconds, by what is called. */
  readonly cpuMicros: readonly (readonly [call: string, micros: number])[];
  readonly memory: {
    readonly users: number;
    /** What the store kept of them. */
    readonly entries: number;
    /** Resident memory of the whole process, in MiB, without them and with them. */
    readonly beforeMib: number;
    readonly fullMib: number;
    /** What the store kept when all was over, after as many calls. */
    readonly entriesLeft: number;
  };
}

/** So that memory which the garbage of this load needs for a moment, as any load's does, is not taken for theirs. */
const smallYoungGeneration = "--max-semi-space-size=2";

/** Measures it in a process of its own. */
export async function measureLimits(core: number | undefined): Promise<LimitCosts> {
  const command = [...node(), "--expose-gc", smallYoungGeneration, pathOf("limit-costs.ts")];
  return JSON.parse(await runToEnd(command, { core }));
}
