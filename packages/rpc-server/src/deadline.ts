import { parseTimeout as parseConnectTimeout } from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout } from "@connectrpc/connect/protocol-grpc";
import {
  type Call,
  type Clock,
  Fault,
  type FaultKind,
  type Layer,
  type Progress,
  rejecting,
  type Timer,
} from "@verigate/call";

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
 * A call that waits for its answer. It forgets the call when it waits no more:
 * what a Set has held can stay in memory until the next full collection (its old
 * tables lead to newer ones), and a whole call would.
 */
class Waiting {
  #call: Call | undefined;
  #reject: ((fault: Fault) => void) | undefined;
  #timer: Timer | undefined;
  readonly #all: Set<Waiting>;

  constructor(all: Set<Waiting>, call: Call, reject: (fault: Fault) => void) {
    all.add(this);
    this.#all = all;
    this.#call = call;
    this.#reject = reject;
    call.onDeparture(() => this.#giveUp("cancelled"));
  }

  setTimer(clock: Clock, delayMs: number): void {
    this.#timer = clock.setTimer(delayMs, () => this.#giveUp(kindAtDeadline));
  }

  /** Answers it, because the gateway has to go. */
  end(): void {
    this.#giveUp(({ isOutcomeOpen }) => (isOutcomeOpen ? "outcome-unknown" : "shutting-down"));
  }

  /** It waits no more, whether or not what was started for it ever ends. */
  stop(): void {
    this.#all.delete(this);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#call?.onDeparture(undefined);
    this.#call = undefined;
    this.#reject = undefined;
  }

  #giveUp(kind: FaultKind | ((progress: Progress) => FaultKind)): void {
    const [call, reject] = [this.#call, this.#reject];
    this.stop();
    if (call !== undefined && reject !== undefined) {
      call.progress.isAbandoned = true;
      reject(new Fault(typeof kind === "function" ? kind(call.progress) : kind));
    }
  }
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
  const waiting = new Set<Waiting>();
  shutdown.addEventListener("abort", () => {
    for (const each of waiting) {
      each.end();
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
      const wait = new Waiting(waiting, call, reject);
      if (shutdown.aborted) {
        wait.end();
        return;
      }
      wait.setTimer(clock, answerMs - (clock.nowMs() - call.startedAtMs));
      rejecting(next, call).then(
        (answer) => {
          wait.stop();
          resolve(answer);
        },
        (error) => {
          wait.stop();
          reject(error);
        },
      );
    });
  };
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
