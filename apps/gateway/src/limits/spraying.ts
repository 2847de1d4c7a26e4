import type { Tally } from "../store/limit-store.ts";
import type { SubjectHashes } from "./limit-keys.ts";
import { oncePer } from "./once-per.ts";

/** With fewer users whose first guess was wrong, it may be chance. */
const usersMin = 20;
/** Of so many users for one that is verified: people who mistype their first PIN are fewer. */
const shareOfVerified = 0.2;
const windowMs = 10 * 60_000;

/**
 * Finds services where somebody tries one PIN with each of many users, which no
 * user's own budget can see: many users whose first guess was wrong, and more of
 * them than a fifth of those who were verified. It refuses nothing, because nobody could be refused
 * for it but the victims.
 */
export interface Spraying {
  /** What it has to be told of, before a guess. */
  readonly tallies: readonly [sprayed: Tally, verified: Tally];
  /** Whether one more user whose first guess was wrong makes it suspicious. */
  isSuspected(tallied: readonly number[]): boolean;
}

export const sprayingOf: (service: SubjectHashes) => Spraying = oncePer(([service]: SubjectHashes) => ({
  tallies: [
    { key: `sprayed:${service}`, windowMs },
    { key: `verified:${service}`, windowMs },
  ],
  isSuspected([sprayed = 0, verified = 0]) {
    return sprayed + 1 >= usersMin && sprayed + 1 > shareOfVerified * verified;
  },
}));
