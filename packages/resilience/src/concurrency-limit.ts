import {
  type Answer,
  type Attempt,
  type Clock,
  type Exchange,
  Fault,
  type OperationClass,
  type Progress,
} from "@verigate/call";

export interface ConcurrencyLimitOptions {
  readonly clock: Clock;
  /** The most attempts in flight, of all classes together. */
  readonly total: number;
  /** The most attempts of one class that wait their turn. */
  readonly waitingMax: number;
  /** The longest that one waits, in milliseconds. */
  readonly waitMsMax: number;
  /** Told of each attempt that it refuses. */
  readonly onRefused?: (operationClass: OperationClass, reason: QueueRefusal) => void;
}

/** The queue is full, the wait in it took too long, or the caller has left too many attempts behind. */
export type QueueRefusal = "queue_full" | "queue_timeout" | "orphans";

export interface ConcurrencyLimit {
  readonly layer: (next: Exchange) => Exchange;
  /** Attempts that have a slot. */
  inFlight(operationClass: OperationClass): number;
  /** Attempts that wait for one. */
  waiting(operationClass: OperationClass): number;
}

/** What a refused caller is told to wait, in milliseconds: about as long as a slot takes to become free. */
const retryAfterMs = 1_000;
const listsMax = 2;

/** Who gets a slot first that has become free. */
const inOrder = ["authentication", "directory", "list"] as const satisfies readonly OperationClass[];

interface Waiting {
  readonly progress: Progress;
  /** Takes the slot, or says false where it has no more use for it. */
  readonly start: () => boolean;
}

/**
 * Bounds the attempts in flight. Whatever is not authentication gets at most half
 * of the slots, and lists two of those, so that nothing can starve logins;
 * authentication gets three quarters, so that it can't starve all else. Who finds
 * none free waits in a short queue of its class; a full queue, or a wait
 * that takes too long, is `overloaded`, before anything was sent. So is a caller
 * who has left attempts of a class behind in a quarter of the slots, but for a few.
 */
export function createConcurrencyLimit(options: ConcurrencyLimitOptions): ConcurrencyLimit {
  const { clock, total } = options;
  const othersMax = Math.max(1, Math.floor(total / 2));
  const authenticationMax = Math.max(1, Math.floor((total * 3) / 4));
  const inFlight: Record<OperationClass, number> = { authentication: 0, directory: 0, list: 0 };
  const queues: Record<OperationClass, Set<Waiting>> = {
    authentication: new Set(),
    directory: new Set(),
    list: new Set(),
  };
  const started: Record<OperationClass, Set<Progress>> = {
    authentication: new Set(),
    directory: new Set(),
    list: new Set(),
  };
  const orphansMax = Math.max(1, Math.floor(total / 4));
  const awaitedMax = Math.max(1, Math.floor(total / 64));
  const sum = () => inFlight.authentication + inFlight.directory + inFlight.list;

  function isFree(operationClass: OperationClass): boolean {
    if (sum() >= total) {
      return false;
    }
    if (operationClass === "authentication") {
      return inFlight.authentication < authenticationMax;
    }
    return inFlight.directory + inFlight.list < othersMax && (operationClass !== "list" || inFlight.list < listsMax);
  }

  function release(operationClass: OperationClass): void {
    inFlight[operationClass] -= 1;
    for (const next of inOrder) {
      for (const waiting of queues[next]) {
        if (!isFree(next)) {
          break;
        }
        queues[next].delete(waiting);
        if (waiting.start()) {
          inFlight[next] += 1;
        }
      }
    }
  }

  function refusal(operationClass: OperationClass, reason: QueueRefusal): Fault {
    options.onRefused?.(operationClass, reason);
    return new Fault("overloaded", { retryAfterMs });
  }

  async function wait(operationClass: OperationClass, progress: Progress): Promise<void> {
    const queue = queues[operationClass];
    if (queue.size >= options.waitingMax) {
      dropDeparted(queue);
    }
    if (queue.size >= options.waitingMax) {
      throw refusal(operationClass, "queue_full");
    }
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        progress,
        start() {
          timer.cancel();
          if (progress.isAbandoned) {
            reject(new Fault("cancelled"));
            return false;
          }
          resolve();
          return true;
        },
      };
      const timer = clock.setTimer(options.waitMsMax, () => {
        queue.delete(waiting);
        reject(refusal(operationClass, "queue_timeout"));
      });
      queue.add(waiting);
    });
  }

  /**
   * Attempts go on when their callers leave; one caller who keeps leaving must not
   * take all the slots. Beyond the bound it may still have a few attempts that it
   * waits for, or it would not learn that the upstream is back before the old ones
   * have ended; beyond twice the bound, none.
   */
  function hasTooManyOrphans(operationClass: OperationClass, caller: string): boolean {
    if (started[operationClass].size < orphansMax) {
      return false;
    }
    let orphans = 0;
    let awaited = 0;
    for (const progress of started[operationClass]) {
      if (progress.caller === caller) {
        orphans += progress.isAbandoned ? 1 : 0;
        awaited += progress.isAbandoned ? 0 : 1;
      }
    }
    return orphans >= 2 * orphansMax || (orphans >= orphansMax && awaited >= awaitedMax);
  }

  function withSlot(next: Exchange, attempt: Attempt): Promise<Answer> {
    const { operationClass, progress } = attempt;
    started[operationClass].add(progress);
    const leave = () => {
      started[operationClass].delete(progress);
      release(operationClass);
    };
    return next(attempt).then(
      (answer) => {
        leave();
        return answer;
      },
      (error) => {
        leave();
        throw error;
      },
    );
  }

  return {
    layer: (next) => (attempt) => {
      const { operationClass, progress } = attempt;
      if (hasTooManyOrphans(operationClass, progress.caller)) {
        return Promise.reject(refusal(operationClass, "orphans"));
      }
      if (isFree(operationClass) && queues[operationClass].size === 0) {
        inFlight[operationClass] += 1;
        return withSlot(next, attempt);
      }
      return wait(operationClass, progress).then(() => withSlot(next, attempt));
    },
    inFlight: (operationClass) => inFlight[operationClass],
    waiting: (operationClass) => queues[operationClass].size,
  };
}

/** Who left does not wait any more. */
function dropDeparted(queue: Set<Waiting>): void {
  for (const waiting of queue) {
    if (waiting.progress.isAbandoned) {
      queue.delete(waiting);
      waiting.start();
    }
  }
}
