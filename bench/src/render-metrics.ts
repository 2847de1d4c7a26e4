/**
 * Reads metrics with every series that their label sets allow, over and over, and
 * prints a {@link RenderRun} as JSON. A program of its own, so that it starts cold;
 * it needs --expose-gc.
 */
import { setImmediate } from "node:timers/promises";
import { createFullMetrics } from "@verigate/telemetry/testing";
import type { RenderRun } from "./measure-render.ts";

const rounds = 20;
const metrics = createFullMetrics();
// What making thousands of series at once has left behind is not of the reading.
globalThis.gc?.();

const longestStepsMs: number[] = [];
let text = "";
for (let round = 0; round < rounds; round += 1) {
  for (const format of ["text", "openmetrics"] as const) {
    const rendering = metrics.render(format);
    longestStepsMs.push(await longestStepMs(rendering));
    text = (await rendering).text;
  }
}
const run: RenderRun = {
  longestStepsMs,
  series: text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length,
  bytes: Buffer.byteLength(text),
};
process.stdout.write(JSON.stringify(run));

/** The longest that other work waits for its turn until `work` is done. */
async function longestStepMs(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  let longestMs = 0;
  let beforeMs = performance.now();
  while (!isDone) {
    await setImmediate();
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - beforeMs);
    beforeMs = nowMs;
  }
  await done;
  return longestMs;
}
