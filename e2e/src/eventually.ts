import { setImmediate } from "node:timers/promises";

/**
 * Asks again and again until `ask` gives something else than undefined. Never
 * gives up: the test's own time-out ends a wait for what never comes.
 */
export async function eventually<Value>(ask: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (value !== undefined) {
      return value;
    }
    await setImmediate();
  }
}
