import { type CallRecord, operations } from "./call-record.ts";
import { createCaller } from "./caller.ts";
import { Stalls } from "./stalls.ts";

export interface LoadOptions {
  readonly baseUrl: string;
  /** Calls per second, all operations together. */
  readonly rate: number;
  readonly deadlineMs: number;
}

/** Calls that come by a schedule, whatever becomes of those before: an open loop, as users are. */
export interface Load {
  /** All calls that have ended so far, in the order of their ends. */
  readonly records: readonly CallRecord[];
  /** Makes no more calls, and fulfils when all have ended. */
  stop(): Promise<void>;
}

/** Connections that the calls are spread over. */
const connections = 2;
const tickMs = 5;

/** Starts calling: the operations in turn, each call an intent with a key that no other has. */
export function startLoad({ baseUrl, rate, deadlineMs }: LoadOptions): Load {
  const callers = Array.from({ length: connections }, () => createCaller(baseUrl, deadlineMs));
  const records: CallRecord[] = [];
  const underWay = new Set<Promise<void>>();
  const startedAtMs = performance.now();
  let made = 0;

  function makeCall(): void {
    const number = made;
    made += 1;
    const operation = operations[number % operations.length] ?? "GetUser";
    // The right PIN every other time.
    const key = `k${number}${Math.floor(number / operations.length) % 2 === 0 ? "r" : "w"}`;
    const caller = callers[Math.floor(number / operations.length) % connections];
    const call = caller?.call(operation, key).then((record) => {
      const stalledMs = stalls.longestMsSince(record.sentAtMs);
      records.push({ ...record, stalledMs });
      underWay.delete(call as Promise<void>);
    });
    underWay.add(call as Promise<void>);
  }

  const stalls = new Stalls();
  const timer = setInterval(() => {
    stalls.tick();
    const due = ((performance.now() - startedAtMs) / 1_000) * rate;
    while (made < due) {
      makeCall();
    }
  }, tickMs);

  return {
    records,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      for (const caller of callers) {
        caller.close();
      }
    },
  };
}
