import type { Answer } from "./attempt.ts";

const retryAfterMsMax = 5 * 60_000;

/**
 * The wait that an answer's Retry-After asks for, in milliseconds (RFC 9110,
 * 10.2.3): seconds, or a date that is read against the answer's own Date, so that
 * no clocks are compared. At most 5 minutes; undefined where there is none that
 * can be read.
 */
export function retryAfterMsFromHeaders(headers: Answer["headers"]): number | undefined {
  const value = headers["retry-after"];
  if (typeof value !== "string") {
    return undefined;
  }
  const waitMs = /^\d+$/.test(value)
    ? Number(value) * 1_000
    : Date.parse(value) - Date.parse(typeof headers.date === "string" ? headers.date : "");
  return Number.isFinite(waitMs) ? Math.min(Math.max(0, waitMs), retryAfterMsMax) : undefined;
}
