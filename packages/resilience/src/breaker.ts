import {
  type Answer,
  type Attempt,
  type Clock,
  type Exchange,
  Fault,
  type OperationClass,
  type Progress,
} from "@verigate/call";
import CircuitBreaker from "opossum";
import { type Verdict, verdictOf } from "./attempt-verdict.ts";

export interface BreakerOptions {
  readonly clock: Clock;
  /** The share of failures from which on it opens, in percent; 0 turns it off. */
  readonly errorPercent: number;
  /** With fewer verdicts in the window, it stays closed. */
  readonly callsMin: number;
  /** How far back verdicts count, in milliseconds. */
  readonly windowMs: number;
  /** How long it stays open before it lets a probe through, in milliseconds. */
  readonly openMs: number;
  /** Told each time it opens, after a failed probe too. */
  readonly onOpen?: () => void;
  /** Told of each attempt that it refuses. */
  readonly onRefused?: () => void;
}

export type BreakerState = "closed" | "half_open" | "open";

/** A circuit breaker as two layers, because what is refused must not take a slot first. */
export interface Breaker {
  /** `upstream-circuit-open` at once while it is open, or half-open with its probe under way. */
  readonly refuseWhileOpen: (next: Exchange) => Exchange;
  /** Tells it how each attempt ended. Nothing below may wait or refuse: it would count as the upstream's doing. */
  readonly record: (next: Exchange) => Exchange;
  readonly state: BreakerState;
}

export interface BreakersOptions extends Omit<BreakerOptions, "onOpen" | "onRefused"> {
  readonly onOpen?: (operationClass: OperationClass) => void;
  readonly onRefused?: (operationClass: OperationClass) => void;
}

/** The same two layers, with a breaker for each class of operation. */
export interface Breakers extends Omit<Breaker, "state"> {
  stateOf(operationClass: OperationClass): BreakerState;
}

/** Trouble with the directory must not stop logins. */
export function createBreakers(options: BreakersOptions): Breakers {
  const create = (operationClass: OperationClass) =>
    createBreaker({
      ...options,
      onOpen: () => options.onOpen?.(operationClass),
      onRefused: () => options.onRefused?.(operationClass),
    });
  const breakers: Readonly<Record<OperationClass, Breaker>> = {
    authentication: create("authentication"),
    directory: create("directory"),
    list: create("list"),
  };
  const byClass =
    (layer: "refuseWhileOpen" | "record") =>
    (next: Exchange): Exchange => {
      const exchanges: Readonly<Record<OperationClass, Exchange>> = {
        authentication: breakers.authentication[layer](next),
        directory: breakers.directory[layer](next),
        list: breakers.list[layer](next),
      };
      return (attempt) => exchanges[attempt.operationClass](attempt);
    };
  return {
    refuseWhileOpen: byClass("refuseWhileOpen"),
    record: byClass("record"),
    stateOf: (operationClass) => breakers[operationClass].state,
  };
}

/** What a refused caller is told to wait while a probe runs whose end nobody knows, in milliseconds: 0 means at once. */
const refusedMsMin = 1_000;

/**
 * opossum keeps the window and the states; it is told of each verdict when there
 * is one, and runs nothing itself. So an attempt without a verdict neither opens
 * nor closes it, nothing hangs in it, and of what ends while it is half-open only
 * the probe counts. A probe without a verdict opens it again; one that takes as
 * long as it would be open makes room for another.
 */
export function createBreaker(options: BreakerOptions): Breaker {
  const { clock } = options;
  if (options.errorPercent === 0) {
    return { refuseWhileOpen: (next) => next, record: (next) => next, state: "closed" };
  }
  const circuit = new CircuitBreaker(heard, {
    timeout: false,
    // opossum opens above its threshold: with 100 it never would.
    errorThresholdPercentage: options.errorPercent - 0.001,
    volumeThreshold: options.callsMin,
    rollingCountTimeout: options.windowMs,
    resetTimeout: options.openMs,
    // Both keep timers and arrays for figures that nobody reads.
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  let openedAtMs = 0;
  let probe: { readonly progress: Progress; readonly startedAtMs: number; isBegun: boolean } | undefined;
  let started = 0;
  let latestSuccess = 0;
  circuit.on("open", () => {
    openedAtMs = clock.nowMs();
    options.onOpen?.();
  });

  function refusal(): Fault {
    options.onRefused?.();
    return new Fault("upstream-circuit-open", {
      retryAfterMs: Math.max(refusedMsMin, openedAtMs + options.openMs - clock.nowMs()),
    });
  }

  /** Tells opossum of a verdict; undefined where that is done at once. */
  function tell(isSuccess: boolean): Promise<unknown> | undefined {
    if (isSuccess && circuit.closed) {
      // All that opossum does about it is to count these two events. `fire` makes promises and a context around
      // that, which cost a call a tenth of its CPU.
      circuit.emit("fire");
      circuit.emit("success");
      return undefined;
    }
    return circuit.fire(isSuccess).catch(() => undefined);
  }

  async function refuseOrProbe(next: Exchange, attempt: Attempt): Promise<Answer> {
    const nowMs = clock.nowMs();
    if (!circuit.halfOpen || (probe !== undefined && nowMs - probe.startedAtMs < options.openMs)) {
      throw refusal();
    }
    const mine = { progress: attempt.progress, startedAtMs: nowMs, isBegun: false };
    probe = mine;
    try {
      return await next(attempt);
    } finally {
      if (probe === mine) {
        probe = undefined;
        // One that was refused between the two layers, as without a slot, has asked nothing: the next one may.
        if (mine.isBegun && circuit.halfOpen) {
          circuit.open();
        }
      }
    }
  }

  return {
    get state() {
      return circuit.closed ? "closed" : circuit.halfOpen ? "half_open" : "open";
    },
    refuseWhileOpen: (next) => (attempt) => (circuit.closed ? next(attempt) : refuseOrProbe(next, attempt)),
    record: (next) => (attempt) => {
      // It may have opened while this attempt waited for a slot.
      if (!circuit.closed && probe?.progress !== attempt.progress) {
        return Promise.reject(refusal());
      }
      if (probe?.progress === attempt.progress) {
        probe.isBegun = true;
      }
      started += 1;
      const start = { progress: attempt.progress, order: started, atMs: clock.nowMs() };
      return next(attempt).then(
        (answer) => hear(start, verdictOf({ answer }))?.then(() => answer) ?? answer,
        async (error) => {
          await hear(start, verdictOf({ error }));
          throw error;
        },
      );
    },
  };

  function hear({ progress, order, atMs }: Start, verdict: Verdict): Promise<unknown> | undefined {
    if (verdict === "success") {
      latestSuccess = Math.max(latestSuccess, order);
    }
    // What began long ago and was overtaken by a success tells of an outage that is over.
    const isOutdated = order < latestSuccess && clock.nowMs() - atMs > options.openMs;
    const isHeard = circuit.closed || (circuit.halfOpen && probe?.progress === progress);
    return verdict === "none" || !isHeard || isOutdated ? undefined : tell(verdict === "success");
  }
}

/** When an attempt was started that is to be heard of. */
interface Start {
  readonly progress: Progress;
  /** How many were started, with this one. */
  readonly order: number;
  readonly atMs: number;
}

async function heard(isSuccess: boolean): Promise<void> {
  if (!isSuccess) {
    throw new Error("the upstream failed");
  }
}
