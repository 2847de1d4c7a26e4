import type { Clock } from "@verigate/call";

/** A phone of our own, such as one that a monitoring uses: sending PINs to it is not limited. */
export interface TestNumber {
  /** In E.164. */
  readonly phoneNumber: string;
  /** The last day on which it counts as one, in UTC: `2026-12-31`. */
  readonly lastDay: string;
}

const dayMs = 24 * 3_600_000;

/** Whether its last day is over. */
export function hasExpired({ lastDay }: TestNumber, { wallMs }: Pick<Clock, "wallMs">): boolean {
  return wallMs() >= Date.parse(`${lastDay}T00:00:00Z`) + dayMs;
}

/** As a log may show it: `+372*****01@2026-12-31`. */
export function maskedTestNumber({ phoneNumber, lastDay }: TestNumber): string {
  return `${phoneNumber.slice(0, 4)}*****${phoneNumber.slice(-2)}@${lastDay}`;
}
