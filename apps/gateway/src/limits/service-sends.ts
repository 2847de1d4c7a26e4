import { type SendThreshold, sendThresholds } from "@verigate/telemetry";
import type { WindowState } from "../store/limit-store.ts";
import type { PlannedDemand } from "./booking.ts";
import type { SubjectHashes } from "./limit-keys.ts";

const dayMs = 24 * 3_600_000;

/** A cap on the PINs that are sent for a service in any 24 hours; `max` 0 is none. */
export function serviceSendsDemands(service: SubjectHashes, serviceId: string, max: number): readonly PlannedDemand[] {
  return max === 0
    ? []
    : service.map((hash) => ({
        kind: "count" as const,
        key: `service_sends:${hash}`,
        windows: [{ max, windowMs: dayMs, limit: "service_sends" as const }],
        whom: `service:${serviceId}`,
        what: "PINs",
      }));
}

/** The share of the cap that one more PIN reaches, if it reaches one. */
export function thresholdReached(max: number, { left }: WindowState): SendThreshold | undefined {
  const sent = max - left + 1;
  return left === 0 ? undefined : sendThresholds.findLast((percent) => sent === Math.ceil((max * percent) / 100));
}
