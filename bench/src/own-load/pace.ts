import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { nowMs } from "./now-ms.ts";
import type { Schedule } from "./pace-thread.ts";

/**
 * Calls `onDue` at a fixed rate, `count` times, with the number of the call and the time at which
 * it is due by {@link nowMs}, whatever became of those before: what comes late is
 * told its due time, not the time that it is. Fulfils after the last one.
 *
 * A thread of its own waits, because timers of Node are whole milliseconds. It
 * must be ended by `signal` or come to its end, or the process goes on.
 */
export async function pace(
  { callsPerSecond, count }: { readonly callsPerSecond: number; readonly count: number },
  onDue: (number: number, dueMs: number) => void,
): Promise<void> {
  const everyMs = 1_000 / callsPerSecond;
  const schedule: Schedule = { firstMs: nowMs() + startMs, everyMs, count };
  const thread = new Worker(new URL("pace-thread.ts", import.meta.url), { workerData: schedule });
  let told = 0;
  thread.on("message", (due: number) => {
    for (; told < due; told += 1) {
      onDue(told, schedule.firstMs + told * everyMs);
    }
  });
  await once(thread, "exit");
}

/** So that the thread is there before the first call is due. */
const startMs = 200;
