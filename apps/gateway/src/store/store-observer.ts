import type { Clock } from "@verigate/call";

/** Hears what a shared store does. */
export interface StoreObserver {
  /** A command such as `claim` has ended; one that was refused, or got no answer in time, has failed. */
  storeCommand(command: string, durationMs: number, isFailed: boolean): void;
  /** The store was found flushed, or replaced by another one. */
  storeFlushed(): void;
}

/** Runs a command of a store, and tells an observer what came of it. */
export type ObserveCommand = <Reply>(command: string, run: () => Promise<Reply>) => Promise<Reply>;

export function observeCommands(clock: Clock, { storeCommand }: StoreObserver): ObserveCommand {
  return async (command, run) => {
    const startedAtMs = clock.nowMs();
    let isFailed = true;
    try {
      const reply = await run();
      isFailed = false;
      return reply;
    } finally {
      storeCommand(command, clock.nowMs() - startedAtMs, isFailed);
    }
  };
}
