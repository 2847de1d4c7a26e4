import { runToEnd } from "../children.ts";
import { node, pathOf } from "../contestants.ts";
import type { Kind } from "./mix.ts";

export interface SoakPlan {
  readonly port: number;
  readonly calls: number;
  /** Undefined: as fast as they are answered. */
  readonly callsPerSecond?: number;
}

export interface SoakSent {
  /** Calls that were made, by kind. */
  readonly sent: Partial<Record<Kind, number>>;
  /** Those of them that the gateway refused as unavailable. */
  readonly refused: number;
}

/** What a minute of load came to. */
export interface SoakMinute extends SoakSent {
  readonly callsPerSecond: number;
  readonly calls: number;
  /** CPU time of the gateway per call, in microseconds. */
  readonly micros: number;
}

/** Sends all of it, from a process of its own. Rejects where a single call was answered as it may not be. */
export async function soakLoad(plan: SoakPlan, core: number | undefined): Promise<SoakSent> {
  return JSON.parse(await runToEnd([...node(), pathOf("soak/soak-load.ts"), JSON.stringify(plan)], { core }));
}
