import {
  type Answer,
  type Attempt,
  type Clock,
  type Exchange,
  Fault,
  type FaultKind,
  isFault,
  type OperationClass,
  type Progress,
  retryAfterMsFromHeaders,
  sleep,
  usefulMs,
} from "@verigate/call";
import { type AttemptEnd, answerFromEnd, endOf, verdictOf } from "./attempt-verdict.ts";
import type { Backoff } from "./backoff.ts";
import type { RetryBudget } from "./retry-budget.ts";

export interface RetryOptions {
  readonly clock: Clock;
  /** The most attempts of one request, the first included. */
  readonly attemptsMax: number;
  readonly backoff: Backoff;
  /** One for each class, so that trouble with one does not end the repeats of another. */
  readonly budgets: Readonly<Record<OperationClass, RetryBudget>>;
}

/**
 * Repeats what is safe to repeat, within the caller's deadline:
 *
 * - a safe attempt after the upstream failed;
 * - any attempt of which nothing was sent;
 * - after 429, which is taken as unprocessed, a safe attempt as often as after a
 *   failure, another once. The wait is the one that Retry-After asks for.
 *
 * What was refused by ourselves is never repeated: it would add to what it is
 * refused for. An answer that comes after an attempt whose own answer was lost
 * says so, because a DELETE that finds nothing is then a success.
 */
export function retry({ clock, attemptsMax, backoff, budgets }: RetryOptions): (next: Exchange) => Exchange {
  const leftMs = (progress: Progress) => progress.deadlineAtMs - clock.nowMs();

  return (next) => async (attempt) => {
    const budget = budgets[attempt.operationClass];
    let isAnswerLost = false;
    let before: AttemptEnd | undefined;
    for (let tries = 1; ; tries += 1) {
      const isTooLate = attempt.progress.isAbandoned || leftMs(attempt.progress) < usefulMs;
      const end = isTooLate ? { error: new Fault("deadline-exceeded") } : await endOf(next(attempt));
      if (before !== undefined && isRefusedHere(end)) {
        // That a repeat was refused here says nothing of the attempt before it.
        return withLoss(answerFromEnd(before), isAnswerLost);
      }
      before = end;
      count(budget, end);
      isAnswerLost ||= isLost(end);
      const repeatsMax = isRateLimited(end) && attempt.retry === "unsent-only" ? 1 : attemptsMax - 1;
      if (!isRepeatable(attempt, end) || tries > repeatsMax || !budget.allowsRepeat) {
        return withLoss(answerFromEnd(end), isAnswerLost);
      }
      const waitMs = ("answer" in end ? retryAfterMsFromHeaders(end.answer.headers) : undefined) ?? backoff(tries);
      if (waitMs + usefulMs > leftMs(attempt.progress)) {
        return withLoss(answerFromEnd(end), isAnswerLost);
      }
      // It was not carried out, so until the next attempt nothing is open.
      attempt.progress.isOutcomeOpen = false;
      await sleep(clock, waitMs);
    }
  };
}

function count(budget: RetryBudget, end: AttemptEnd): void {
  const verdict = verdictOf(end);
  if (verdict === "success") {
    budget.onSuccess();
  } else if (verdict === "failure") {
    budget.onFailure();
  }
}

function isRepeatable({ retry: retryClass }: Attempt, end: AttemptEnd): boolean {
  if (isRateLimited(end)) {
    return true;
  }
  if ("answer" in end) {
    return retryClass === "safe" && end.answer.status >= 500;
  }
  const kind = isFault(end.error) ? end.error.kind : undefined;
  return kind === "upstream-unreachable" || (retryClass === "safe" && kind === "upstream-failed");
}

function isRefusedHere(end: AttemptEnd): boolean {
  const refusals: readonly FaultKind[] = ["overloaded", "upstream-circuit-open", "deadline-exceeded", "cancelled"];
  return "error" in end && isFault(end.error) && refusals.includes(end.error.kind);
}

function isRateLimited(end: AttemptEnd): boolean {
  return "answer" in end && end.answer.status === 429;
}

/** Whether it may have been carried out without our knowing. */
function isLost(end: AttemptEnd): boolean {
  return "answer" in end ? end.answer.status >= 500 : isFault(end.error) && end.error.kind === "upstream-failed";
}

function withLoss(answer: Answer, isAnswerLost: boolean): Answer {
  return isAnswerLost ? { ...answer, isAfterLostAttempt: true } : answer;
}
