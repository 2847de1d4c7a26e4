/** Tells the thread that started it how many calls are due, as soon as one more is. */
import { parentPort, workerData } from "node:worker_threads";
import { nowMs } from "./now-ms.ts";

/** Times by `nowMs`. */
export interface Schedule {
  readonly firstMs: number;
  readonly everyMs: number;
  readonly count: number;
}

const { firstMs, everyMs, count } = workerData as Schedule;
const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));

for (let due = 0; due < count; ) {
  const waitMs = firstMs + due * everyMs - nowMs();
  if (waitMs > 0) {
    // To some tens of microseconds.
    Atomics.wait(nobodyWakes, 0, 0, waitMs);
  }
  due = Math.min(count, Math.max(due + 1, Math.floor((nowMs() - firstMs) / everyMs) + 1));
  parentPort?.postMessage(due);
}
