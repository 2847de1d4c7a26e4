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
  /** Told of each repeat as it begins, and of what it comes after. */
  readonly onRepeat?: (attempt: Attempt, reason: RepeatReason) => void;
  /** Told where a repeat was due and is not made. */
  readonly onDenied?: (attempt: Attempt, reason: DenialReason) => void;
}

/** How the attempt ended that is repeated. */
export type RepeatReason = "unreachable" | "lost" | "server_error" | "rate_limited";

/** Too many attempts have failed, or too little time is left. */
export type DenialReason = "budget" | "deadline";

/**
 * Repeats what is safe to repeat, within the caller's deadline:
 *
 * - a safe attempt after the upstream failed;
 * - any attempt of which nothing was sent;
 * - after 429, which is taken as unprocessed, a safe attempt as often as after a
 *   failure, another once. The wait is the one that Retry-After asks for.
 *
 * What was refused by ourselves is never repeated: it would add to what it is
 * refused for. That an answer was lost is noted in the call's progress, because
 * a DELETE that finds nothing later is then a success.
 */
export function retry(options: RetryOptions): (next: Exchange) => Exchange {
  const { clock, attemptsMax, backoff, budgets, onRepeat, onDenied } = options;
  const leftMs = (progress: Progress) => progress.deadlineAtMs - clock.nowMs();

  const isTooLate = ({ progress }: Attempt) => progress.isAbandoned || leftMs(progress) < usefulMs;

  /** Goes on after the first attempt, which has ended. */
  async function repeat(next: Exchange, attempt: Attempt, first: AttemptEnd): Promise<Answer> {
    const budget = budgets[attempt.operationClass];
    let end = first;
    for (let tries = 1; ; tries += 1) {
      count(budget, end);
      attempt.progress.isAnswerLost ||= attempt.retry === "safe" && isLost(end);
      const repeatsMax = isRateLimited(end) && attempt.retry === "unsent-only" ? 1 : attemptsMax - 1;
      const reason = repeatReasonOf(attempt, end);
      if (reason === undefined || tries > repeatsMax) {
        return answerFromEnd(end);
      }
      const waitMs = ("answer" in end ? retryAfterMsFromHeaders(end.answer.headers) : undefined) ?? backoff(tries);
      const isInTime = waitMs + usefulMs <= leftMs(attempt.progress);
      if (!budget.allowsRepeat || !isInTime) {
        onDenied?.(attempt, budget.allowsRepeat ? "deadline" : "budget");
        return answerFromEnd(end);
      }
      // It was not carried out, so until the next attempt nothing is open.
      attempt.progress.isOutcomeOpen = false;
      await sleep(clock, waitMs);
      if (isTooLate(attempt)) {
        return answerFromEnd(end);
      }
      onRepeat?.(attempt, reason);
      const second = await endOf(next(attempt));
      if (isRefusedHere(second)) {
        // That a repeat was refused here says nothing of the attempt before it.
        return answerFromEnd(end);
      }
      end = second;
    }
  }

  return (next) => (attempt) => {
    if (isTooLate(attempt)) {
      return Promise.reject(new Fault("deadline-exceeded"));
    }
    return next(attempt).then(
      (answer) => {
        // As nearly all do: there is nothing to look into.
        if (answer.status >= 400) {
          return repeat(next, attempt, { answer });
        }
        budgets[attempt.operationClass].onSuccess();
        return answer;
      },
      (error) => repeat(next, attempt, { error }),
    );
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

/** Why an attempt is due for a repeat; undefined where it is not. */
function repeatReasonOf({ retry: retryClass }: Attempt, end: AttemptEnd): RepeatReason | undefined {
  if (isRateLimited(end)) {
    return "rate_limited";
  }
  if ("answer" in end) {
    return retryClass === "safe" && end.answer.status >= 500 ? "server_error" : undefined;
  }
  const kind = isFault(end.error) ? end.error.kind : undefined;
  if (kind === "upstream-unreachable") {
    return "unreachable";
  }
  return retryClass === "safe" && kind === "upstream-failed" ? "lost" : undefined;
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
