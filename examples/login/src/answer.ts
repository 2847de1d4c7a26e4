import { ErrorReason, isRateLimited, isThrottled, reasonOf, retryAfterMs } from "@verigate/client";

/** What the browser gets. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number | undefined;
}

/** The answer for a call that failed and certainly did nothing. What went wrong inside is not the browser's business. */
export function answerFromError(error: unknown): Answer {
  const wait = retryAfterMs(error);
  if (isThrottled(error)) return { status: 429, body: { message: "Too many PINs. Please wait." }, retryAfterMs: wait };
  if (isRateLimited(error)) return { status: 503, body: { message: "Too busy. Please wait." }, retryAfterMs: wait };
  if (reasonOf(error) === ErrorReason.INVALID_REQUEST) return { status: 400, body: { message: "Invalid input." } };
  console.error("login failed:", error);
  return { status: 503, body: { message: "Please try again later." }, retryAfterMs: wait };
}
