import type { EndUser } from "@verigate/contract";
import { networkOf } from "../ip-network.ts";
import type { PlannedDemand, PlannedWindow } from "./booking.ts";
import type { UserKeys } from "./limit-keys.ts";
import { oncePer } from "./once-per.ts";

/** What whoever acts as a user has of the user's own windows: half, rounded up. A limit has the same ones all the time. */
const halves = oncePer((windows: readonly PlannedWindow[]): readonly PlannedWindow[] =>
  windows.map((window) => ({ ...window, max: Math.ceil(window.max / 2) })),
);

/** A budget of a user. */
export interface UserBudget extends Pick<PlannedDemand, "windows" | "what" | "isAttempt"> {
  /** What tells it from the others. */
  readonly prefix: string;
}

/**
 * Shares of a user's budgets for whoever acts as the user: half of each for the
 * address, and half for the session, as far as the caller tells them.
 * They come first, so that one stranger who tries a victim's name can't use up all
 * that the victim has. Two can, together: what is left is the user's, not the
 * victim's.
 */
export function endUserDemands(
  keys: UserKeys,
  endUser: EndUser | undefined,
  budgets: readonly UserBudget[],
): PlannedDemand[] {
  const { ip = "", session = "" } = endUser ?? {};
  const demands: PlannedDemand[] = [];
  const add = (kind: "ip" | "session", value: string, whom: string) => {
    for (const hash of keys.endUser(kind, value)) {
      for (const { prefix, windows, what, isAttempt } of budgets) {
        demands.push({ kind: "log", key: `${prefix}:${hash}`, isAttempt, windows: halves(windows), whom, what });
      }
    }
  };
  if (budgets.length > 0 && ip !== "") {
    add("ip", networkOf(ip), `end_user.ip:${ip}`);
  }
  if (budgets.length > 0 && session !== "") {
    // Callers may see what they sent, but a session is somebody's secret.
    add("session", session, "end_user.session");
  }
  return demands;
}
