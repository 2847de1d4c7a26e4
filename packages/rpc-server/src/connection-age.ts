import type { Clock, Timer } from "@verigate/call";

/** How long connections are used. */
export interface ConnectionAge {
  readonly clock: Clock;
  /** How old a connection gets before it is asked to end, in milliseconds, give or take a tenth; 0 is no limit. */
  readonly maxMs: number;
  /** How long what is open may take then, in milliseconds. No call takes longer; a stream could. */
  readonly graceMs: number;
  /** From 0 up to 1, as Math.random. */
  readonly random: () => number;
}

/** How a connection ends. */
export interface ConnectionEnds {
  /** Takes no more requests, and finishes those it has. */
  close(): void;
  /** Breaks what is open; undefined where nobody can keep the connection open against our will. */
  readonly destroy: (() => void) | undefined;
}

/** The age of one connection. */
export interface Ageing {
  /** Has it end now, as if it had reached its age. After that it does nothing. */
  expire(): void;
  /** Forgets the connection, which has ended. */
  stop(): void;
}

/** Connections that began together, as after a rollout, must not all come back together. */
const jitterRatio = 0.1;

/** Closes a connection when it reaches its age, and breaks it when the grace after that is over. */
export function startAgeing({ close, destroy }: ConnectionEnds, age: ConnectionAge): Ageing {
  const { clock, maxMs, graceMs, random } = age;
  let isOver = false;
  let timer: Timer | undefined;

  function expire(): void {
    if (isOver) {
      return;
    }
    stop();
    if (destroy !== undefined) {
      timer = clock.setTimer(graceMs, destroy);
    }
    close();
  }

  function stop(): void {
    isOver = true;
    timer?.cancel();
  }

  if (maxMs > 0) {
    timer = clock.setTimer(maxMs * (1 + jitterRatio * (2 * random() - 1)), expire);
  }
  return { expire, stop };
}
