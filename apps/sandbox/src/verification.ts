import { randomInt, randomUUID } from "node:crypto";
import type { Device } from "./devices.ts";

/** How long a started authentication can be verified. */
const verificationLifetimeMs = 10 * 60 * 1_000;
/** Wrong guesses per user within `guessWindowMs`; further ones are not looked at. */
const wrongGuessesMax = 5;
const guessWindowMs = 10 * 60 * 1_000;

export type Method = "sms" | "totp";

/** An authentication that was started. A user has one at most: starting another replaces it. */
export interface Verification {
  readonly authId: string;
  readonly method: Method;
  readonly startedAtMs: number;
  readonly matches: (token: string, nowMs: number) => boolean;
  isUsed: boolean;
}

/** Whom an authentication can be started for. */
export interface Verifiable {
  /** The authentication that was started last. */
  verification?: Verification;
  /** When the wrong guesses that still count were made, oldest first. */
  wrongGuessesAtMs?: number[];
}

/** What became of a guess; upstream's words for a failure. */
export type Outcome = "VERIFIED" | "INVALID" | "EXPIRED" | "THROTTLED";

/** A PIN of six digits; leading zeros are as likely as any. */
export function randomPin(): string {
  return String(randomInt(1_000_000)).padStart(6, "0");
}

/** Starts a verification by a PIN that was sent. */
export function smsVerification(pin: string, nowMs: number): Verification {
  return startVerification("sms", nowMs, (token) => token === pin);
}

/** Starts a verification by the codes of a paired device. */
export function totpVerification(device: Device, nowMs: number): Verification {
  return startVerification("totp", nowMs, device.accepts);
}

function startVerification(method: Method, nowMs: number, matches: Verification["matches"]): Verification {
  return { authId: randomUUID(), method, startedAtMs: nowMs, matches, isUsed: false };
}

/**
 * Judges a guess at the user's current verification, and remembers it.
 *
 * A throttled user's guess is not looked at and does not count. An expired
 * verification's does not count either: it can't be guessed any more. No
 * verification at all, or a used one, is a wrong guess like any other, so that
 * the answer tells nothing about it. A right guess clears the count.
 */
export function guess(user: Verifiable, token: string, nowMs: number): Outcome {
  const recent = (user.wrongGuessesAtMs ?? []).filter((atMs) => atMs > nowMs - guessWindowMs);
  if (recent.length >= wrongGuessesMax) return "THROTTLED";
  const { verification } = user;
  if (verification !== undefined && nowMs - verification.startedAtMs >= verificationLifetimeMs) return "EXPIRED";
  if (verification !== undefined && !verification.isUsed && verification.matches(token, nowMs)) {
    verification.isUsed = true;
    user.wrongGuessesAtMs = [];
    return "VERIFIED";
  }
  user.wrongGuessesAtMs = [...recent, nowMs];
  return "INVALID";
}
