import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import { type Call, type Clock, Fault, type FaultKind, type Handler, type Layer, type Progress } from "@verigate/call";

export interface DeadlineOptions {
  readonly clock: Clock;
  /** The deadline of a call that brings none, in milliseconds. */
  readonly defaultMs: number;
  /** A longer deadline is cut to this, in milliseconds; it is not refused. */
  readonly maxMs: number;
  /** Aborts when the time to finish calls is over: those in flight are answered at once. */
  readonly shutdown: AbortSignal;
}

/**
 * The most by which an answer comes before its deadline, in milliseconds. Under
 * load, a call has been under way for tens of them when it is seen here, its timer
 * fires as late, and so is its answer.
 */
const marginMsMax = 250;

/**
 * What to do with a call that is waiting when the gateway has to go. Emptied when
 * it waits no more: what a Set or a signal's listeners have held and forgotten
 * can stay in memory until the next full collection (their old tables and nodes
 * lead to newer ones), and a whole call would.
 */
interface Ending {
  end: (() => void) | undefined;
}

/**
 * Answers the caller in time, whatever happens below: shortly before its
 * deadline (an answer that is sent at the deadline is never seen), when it left,
 * or when the gateway has to go. The deadline covers the upload of the request.
 *
 * What was started below goes on, to its own end. From here on, nothing new may
 * be sent for this call: see `isAbandoned`.
 *
 * Streams go on for as long as they do; their deadline is for what opens them.
 */
export function deadline<AnyCall extends Call, Answer>(options: DeadlineOptions): Layer<AnyCall, Answer> {
  const { clock, shutdown } = options;
  const endings = new Set<Ending>();
  shutdown.addEventListener("abort", () => {
    for (const ending of endings) {
      ending.end?.();
    }
  });
  return (next) => (call) => {
    if (call.isStreaming) {
      call.progress.deadlineAtMs = call.startedAtMs + options.defaultMs;
      return next(call);
    }
    return new Promise((resolve, reject) => {
      const budgetMs = Math.min(timeoutMsFromHeaders(call) ?? options.defaultMs, options.maxMs);
      const answerMs = Math.max(0, budgetMs - Math.min(marginMsMax, budgetMs * 0.05));
      call.progress.deadlineAtMs = call.startedAtMs + answerMs;

      const giveUp = (kind: FaultKind) => {
        stopWaiting();
        call.progress.isAbandoned = true;
        reject(new Fault(kind));
      };
      const onDeadline = () => giveUp(kindAtDeadline(call.progress));
      const onDeparture = () => giveUp("cancelled");
      const onShutdown = () => giveUp(call.progress.isOutcomeOpen ? "outcome-unknown" : "shutting-down");

      const timer = clock.setTimer(answerMs - (clock.nowMs() - call.startedAtMs), onDeadline);
      call.onDeparture(onDeparture);
      const ending: Ending = { end: onShutdown };
      endings.add(ending);
      const stopWaiting = () => {
        timer.cancel();
        call.onDeparture(undefined);
        endings.delete(ending);
        ending.end = undefined;
      };
      if (shutdown.aborted) {
        onShutdown();
        return;
      }
      promiseOf(next, call).then(
        (answer) => {
          stopWaiting();
          resolve(answer);
        },
        (error) => {
          stopWaiting();
          reject(error);
        },
      );
    });
  };
}

/** What a handler throws at once becomes a rejection, like all else. */
function promiseOf<AnyCall, Answer>(handler: Handler<AnyCall, Answer>, call: AnyCall): Promise<Answer> {
  try {
    return handler(call);
  } catch (error) {
    return Promise.reject(error);
  }
}

function kindAtDeadline({ isOutcomeOpen, isRepeatable }: Progress): FaultKind {
  if (!isOutcomeOpen) {
    return "deadline-exceeded";
  }
  return isRepeatable ? "outcome-pending" : "outcome-unknown-at-deadline";
}

/** The caller's own deadline: `grpc-timeout`, or `connect-timeout-ms`; undefined where it gave none. */
function timeoutMsFromHeaders(call: Call): number | undefined {
  const name = call.protocol === "connect" ? "connect-timeout-ms" : "grpc-timeout";
  const value = call.headers[name];
  if (value === undefined) {
    return undefined;
  }
  const parse = call.protocol === "connect" ? parseConnectTimeout : parseGrpcTimeout;
  const { timeoutMs, error } = parse(String(value), Number.MAX_SAFE_INTEGER);
  if (error !== undefined) {
    throw new Fault("invalid-request", { violations: [{ field: name, description: "can't be read as a time-out" }] });
  }
  return timeoutMs;
}
