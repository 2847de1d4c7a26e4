import { setTimeout as sleep } from "node:timers/promises";
import { type CallEnd, type CallRecord, operations } from "./call-record.ts";
import type { Caller } from "./caller.ts";
import { type Habit, type Intent, intentAt } from "./intent.ts";
import { Stalls } from "./stalls.ts";

export interface LoadOptions {
  /** The calls are spread over them; a repeat goes by another one than the call before. They are closed at the end. */
  readonly callers: readonly Caller[];
  /** Intents per second, all operations together; repeats come on top. */
  readonly rate: number;
  /** While so many intents are under way, further ones are left out. Default: they never are. */
  readonly underWayMax?: number;
  /** Default: of every habit. */
  readonly habit?: Habit;
}

/** Calls that come by a schedule, whatever becomes of those before: an open loop, as users are. */
export interface Load {
  /** All calls that have ended so far, in the order of their ends. */
  readonly records: readonly CallRecord[];
  /** Takes up no more intents, makes the repeats that wait for their time at once, and fulfils when all have ended. */
  stop(): Promise<void>;
}

const tickMs = 5;
/** After the first call of an intent. */
const repeatsMax = 2;
/** Before a repeat, where nothing says how long to wait, in milliseconds. */
const waitMs = 500;
const waitMsMax = 5_000;

/** Starts calling: the operations in turn, each an intent of its own. */
export function startLoad({ callers, rate, underWayMax = Number.POSITIVE_INFINITY, habit }: LoadOptions): Load {
  const records: CallRecord[] = [];
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();
  const startedAtMs = performance.now();
  let taken = 0;
  let leftOut = 0;

  function take(): void {
    const number = taken;
    taken += 1;
    // Each operation, with each PIN, by each connection.
    const connection = Math.floor(number / operations.length / 2);
    const intent = intentAt(number);
    const pursued = pursue({ ...intent, habit: habit ?? intent.habit }, connection).then(() => {
      underWay.delete(pursued);
    });
    underWay.add(pursued);
  }

  async function pursue(intent: Intent, connection: number): Promise<void> {
    if (intent.habit === "twins") {
      await Promise.all([make(intent, connection, 0), make(intent, connection + 1, 0)]);
      return;
    }
    let end = await make(intent, connection, 0);
    for (let repeat = 1; repeat <= repeatsMax && isRepeated(intent, end, repeat); repeat += 1) {
      await sleep(waitMsOf(end), undefined, { signal: stopping.signal }).catch(() => {});
      end = await make(intent, connection + repeat, repeat);
    }
  }

  async function make(intent: Intent, connection: number, repeat: number): Promise<CallEnd> {
    const caller = callers[connection % callers.length] as Caller;
    const call = await caller.call(intent);
    records.push({ ...call, repeat, stalledMs: stalls.longestMsSince(call.sentAtMs) });
    return call.end;
  }

  const stalls = new Stalls();
  const timer = setInterval(() => {
    stalls.tick();
    const due = ((performance.now() - startedAtMs) / 1_000) * rate;
    while (taken + leftOut < due) {
      if (underWay.size < underWayMax) {
        take();
      } else {
        leftOut += 1;
      }
    }
  }, tickMs);

  return {
    records,
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(underWay);
      for (const caller of callers) {
        caller.close();
      }
    },
  };
}

function isRepeated({ habit }: Intent, end: CallEnd, repeat: number): boolean {
  if (habit === "doubtful") {
    return repeat === 1;
  }
  if (habit !== "persistent" || end.kind === "ok") {
    return false;
  }
  return (
    end.kind === "unanswered" ||
    end.reason === undefined ||
    end.next === "REPEAT_SAME_REQUEST_ID" ||
    end.next === "WAIT"
  );
}

/** As long as it says and up to half as long again, so that those who were told the same don't all come at once. */
function waitMsOf(end: CallEnd): number {
  const toldMs = end.kind === "error" ? end.retryAfterMs : undefined;
  return Math.min(waitMsMax, toldMs ?? waitMs) * (1 + Math.random() / 2);
}
