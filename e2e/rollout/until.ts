import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../src/eventually.ts";

/** Between two looks, in milliseconds: whoever looks without a pause takes the processor from those who call. */
const pauseMs = 10;

/** Fulfils when `holds` does. Never gives up: the test's own time-out does. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await eventually(async () => {
    await sleep(pauseMs);
    return (await holds()) || undefined;
  });
}
