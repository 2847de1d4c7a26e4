import type { Clock, Timer } from "@verigate/call";
import { type KeySet, type KeySource, parseKeySet } from "./key-set.ts";

export interface RemoteKeysOptions {
  readonly clock: Clock;
  /** Fetches the text of a JSON Web Key Set. */
  readonly fetch: () => Promise<string>;
  /** Told of each fetch that failed; `isFirst` of the first one in a row. */
  readonly onFailure: (error: unknown, isFirst: boolean) => void;
}

/** Between two fetches because of keys that are not there, or after one that failed. */
const cooldownMs = 30_000;
/** How long keys are used before they are looked at again, so that one which was withdrawn goes. */
const freshMs = 10 * 60_000;
/** How long keys are kept while they can't be fetched: who can block that must not keep a withdrawn one alive for ever. */
const keptMs = 24 * 60 * 60_000;
/** Before there are any keys: doubled from the first pause to the cool-down. */
const firstPauseMs = 1_000;

/**
 * Keys of another server. They are fetched at once, every 10 minutes, and when a
 * token names one that is not among them, but for that no more than once in 30 s.
 * The last good ones are kept while they can't be fetched, for 24 hours.
 */
export function createRemoteKeys({ clock, fetch, onFailure }: RemoteKeysOptions): KeySource {
  let current: KeySet | undefined;
  let currentUntilMs = 0;
  let failures = 0;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;
  let timer: Timer | undefined;
  let isClosed = false;

  async function ask(): Promise<void> {
    askedAtMs = clock.nowMs();
    try {
      const next = parseKeySet(await fetch());
      current = next.digest === current?.digest ? current : next;
      currentUntilMs = clock.nowMs() + keptMs;
      failures = 0;
    } catch (error) {
      failures += 1;
      onFailure(error, failures === 1);
    }
  }

  function load(): Promise<void> {
    timer?.cancel();
    pending ??= ask().finally(() => {
      pending = undefined;
      if (!isClosed) {
        timer = clock.setTimer(pauseMs(), load);
      }
    });
    return pending;
  }

  function pauseMs(): number {
    if (failures === 0) {
      return freshMs;
    }
    return current === undefined ? Math.min(cooldownMs, firstPauseMs * 2 ** (failures - 1)) : cooldownMs;
  }

  void load();
  return {
    get current() {
      return clock.nowMs() < currentUntilMs ? current : undefined;
    },
    async refresh() {
      if (pending !== undefined || clock.nowMs() - askedAtMs >= cooldownMs) {
        await load();
      }
    },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
