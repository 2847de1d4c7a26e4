import type { EndUser } from "@verigate/contract";
import { networkOf } from "../ip-network.ts";
import type { PlannedDemand, PlannedWindow } from "./booking.ts";
import type { UserKeys } from "./limit-keys.ts";

/** What whoever acts as a user has of the user's own windows: half, rounded up. */
export function halves(windows: readonly PlannedWindow[]): readonly PlannedWindow[] {
  return windows.map((window) => ({ ...window, max: Math.ceil(window.max / 2) }));
}

/**
 * Budgets of whoever acts as a user, within the user's own: one for the address
 * and one for the session, as far as the caller tells them. They come first, so
 * that a stranger who tries a victim's name can't use up all that the victim has.
 * `prefix` says what the budgets are of.
 */
export function endUserDemands(
  keys: UserKeys,
  endUser: EndUser | undefined,
  prefix: string,
  windows: readonly PlannedWindow[],
): PlannedDemand[] {
  const { ip = "", session = "" } = endUser ?? {};
  const demands: PlannedDemand[] = [];
  if (windows.length > 0 && ip !== "") {
    for (const hash of keys.endUser("ip", networkOf(ip))) {
      demands.push({ kind: "log", key: `${prefix}:${hash}`, windows, whom: `end_user.ip:${ip}` });
    }
  }
  if (windows.length > 0 && session !== "") {
    for (const hash of keys.endUser("session", session)) {
      // Callers may see what they sent, but a session is somebody's secret.
      demands.push({ kind: "log", key: `${prefix}:${hash}`, windows, whom: "end_user.session" });
    }
  }
  return demands;
}
