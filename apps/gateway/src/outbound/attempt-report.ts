import { type Attempt, type Clock, type Exchange, isFault } from "@verigate/call";
import type { AttemptOutcome, Metrics } from "@verigate/telemetry";
import type { AnswerRead } from "@verigate/verigator";

export interface AttemptReportOptions {
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, "attemptEnded" | "attemptTook">;
}

/** Counts every request to the upstream, in two places, because of some only the body tells what they came to. */
export interface AttemptReport {
  /** Stands right around what sends, so that nothing is sent behind its back. It looks at no header. */
  readonly layer: (next: Exchange) => Exchange;
  /** Hears of the answers that were read; each is read once. */
  readonly onRead: (read: AnswerRead) => void;
}

export function createAttemptReport({ clock, metrics }: AttemptReportOptions): AttemptReport {
  return {
    layer: (next) => (attempt) => {
      const startedAtMs = clock.nowMs();
      return next(attempt).then(
        (answer) => {
          metrics.attemptTook(attempt.operation, clock.nowMs() - startedAtMs);
          if (!isToldByBody(answer.status)) {
            metrics.attemptEnded(attempt.operation, outcomeFromStatus(answer.status));
          }
          return answer;
        },
        (error) => {
          const outcome = outcomeWithoutAnswer(attempt, error);
          if (outcome !== undefined) {
            metrics.attemptEnded(attempt.operation, outcome);
          }
          if (outcome !== undefined && outcome !== "unreachable") {
            metrics.attemptTook(attempt.operation, clock.nowMs() - startedAtMs);
          }
          throw error;
        },
      );
    },
    onRead({ operation, status, isUnderstood }) {
      if (isToldByBody(status)) {
        metrics.attemptEnded(operation, isUnderstood ? outcomeFromStatus(status) : "bad_response");
      }
    },
  };
}

/** A success may be nonsense, and a 404 a proxy's. Neither is ever repeated, so each is read. */
function isToldByBody(status: number): boolean {
  return (status >= 200 && status < 300) || status === 404;
}

function outcomeFromStatus(status: number): AttemptOutcome {
  if (status >= 500) {
    return "server_error";
  }
  if (status < 400) {
    return status >= 200 && status < 300 ? "ok" : "bad_response";
  }
  return outcomesOfStatus[status] ?? "rejected";
}

const outcomesOfStatus: Readonly<Record<number, AttemptOutcome>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  429: "rate_limited",
};

/** What an attempt came to that got no answer; undefined where it was given up before it was sent. */
function outcomeWithoutAnswer({ signal }: Attempt, error: unknown): AttemptOutcome | undefined {
  switch (isFault(error) ? error.kind : undefined) {
    case "upstream-unreachable":
      return "unreachable";
    case "upstream-failed":
    case "outcome-unknown":
      return signal?.aborted ? "timeout" : "lost";
    case "upstream-bad-response":
      return "bad_response";
    default:
      return undefined;
  }
}
