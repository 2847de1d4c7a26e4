import { randomUUID } from "node:crypto";
import type { Demand, LimitWindow, Reservation, ReserveResult } from "./limit-store.ts";

/** For tests: a window that refuses, and that nothing clears. */
export function windowOf(max: number, windowMs: number, given: Partial<LimitWindow> = {}): LimitWindow {
  return { max, windowMs, isShadow: false, isClearable: false, ...given };
}

/** For tests: a demand at a subject. */
export function logAt(key: string, ...windows: readonly [LimitWindow, ...LimitWindow[]]): Demand {
  return { kind: "log", key, windows };
}

/** For tests: a reservation of a call of its own. */
export function reservationOf(
  demands: readonly Demand[],
  given: Partial<Reservation> = {},
): Reservation & { readonly owner: string } {
  return { owner: randomUUID(), users: [], demands, exemptPhones: [], tallies: [], ...given };
}

/** For tests: how each window stood, as numbers; or why there is nothing to tell. */
export function summaryOf(result: ReserveResult): unknown {
  return result.kind === "full" ? "full" : [result.kind, ...result.states.flat().map(({ left }) => left)];
}
