import type { Tally } from "../store/limit-store.ts";
import type { SubjectHashes } from "./limit-keys.ts";
import { oncePer } from "./once-per.ts";

/** With fewer PINs sent, it may be chance. */
const sentMin = 50;
/** The share of them that is used where nobody pumps is several times as large. */
const usedShareMin = 0.1;
const windowMs = 3_600_000;
/** When to look again: some of what counts has been left behind by then. */
export const pumpingRetryAfterMs: number = 5 * 60_000;

/**
 * Finds countries to which a service sends PINs that nobody uses: somebody who
 * shares in the price of an SMS starts authentications for numbers of theirs.
 * What is known of users is the country of the phone that CreateUser came with;
 * all others are one more country, `unknown`.
 */
export interface Pumping {
  /** What it has to be told of, before a start. */
  readonly tallies: readonly [sent: Tally, used: Tally];
  isSuspected(tallied: readonly number[]): boolean;
}

export const pumpingOf: (service: SubjectHashes) => Pumping = oncePer(([service]: SubjectHashes) => ({
  tallies: [
    { key: `sent:${service}`, windowMs, isByCountry: true },
    { key: `used:${service}`, windowMs, isByCountry: true },
  ],
  isSuspected([sent = 0, used = 0]) {
    return sent >= sentMin && used < usedShareMin * sent;
  },
}));
