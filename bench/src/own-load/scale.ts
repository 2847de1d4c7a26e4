import { runToEnd } from "../children.ts";
import { node, pathOf } from "../contestants.ts";

/**
 * `start` and `guessWrong` make users known: an authentication of each user and a wrong guess,
 * with a request_id of the user's own, which repeats where there are more calls
 * than users. `warmUp` and `measure` are right guesses of all users in turn:
 * without request_id, and with a new one.
 */
export type ScaleWhat = "start" | "guessWrong" | "warmUp" | "measure";

export interface ScalePlan {
  readonly port: number;
  readonly what: ScaleWhat;
  readonly users: number;
  readonly calls: number;
  /** The number of the first call, of which request_ids are made. */
  readonly firstCall: number;
}

/** Sends all of it. Rejects where a single call was answered wrongly. */
export async function scaleLoad(plan: ScalePlan, core: number | undefined): Promise<void> {
  await runToEnd([...node(), pathOf("own-load/scale-load.ts"), JSON.stringify(plan)], { core });
}
