import { type Answer, isFault } from "@verigate/call";

/** How an attempt ended: with an answer of whatever status, or with something thrown. */
export type AttemptEnd = { readonly answer: Answer } | { readonly error: unknown };

/** What an attempt says about the upstream; "none" says nothing. */
export type Verdict = "success" | "failure" | "none";

/**
 * Only the upstream's own failures count against it: 5xx, no connection, no
 * answer. A 4xx or 429 is about the request, and what was cancelled or refused
 * by us is about us: such an attempt says nothing.
 */
export function verdictOf(end: AttemptEnd): Verdict {
  if ("answer" in end) {
    const { status } = end.answer;
    return status >= 500 ? "failure" : status >= 400 ? "none" : "success";
  }
  const kind = isFault(end.error) ? end.error.kind : undefined;
  return kind === "upstream-unreachable" || kind === "upstream-failed" || kind === "outcome-unknown"
    ? "failure"
    : "none";
}

/** Runs an attempt to its end. Never throws. */
export function endOf(answer: Promise<Answer>): Promise<AttemptEnd> {
  return answer.then(
    (value) => ({ answer: value }),
    (error: unknown) => ({ error }),
  );
}

/** The inverse of {@link endOf}. */
export function answerFromEnd(end: AttemptEnd): Answer {
  if ("answer" in end) {
    return end.answer;
  }
  throw end.error;
}
