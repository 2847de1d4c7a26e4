import { type Clock, createProgress, Fault } from "@verigate/call";
import { LRUCache } from "lru-cache";
import type { Provider, UserList } from "../provider.ts";

/** The user lists of services, each fetched once at a time and kept for a while. */
export interface UserLists {
  /**
   * The list of a service, as it was no earlier than `notBeforeMs`, by the
   * clock's nowMs. Throws the Fault of the fetch that fails. A fetch that begins
   * with this hangs from `traceContext`, though it may serve others too.
   */
  load(serviceId: string, notBeforeMs: number, traceContext?: object): Promise<UserList>;
  /** Forgets the list of a service, because it has just changed. */
  forget(serviceId: string): void;
}

export interface UserListsOptions {
  readonly provider: Pick<Provider, "listUsers">;
  readonly clock: Clock;
  /** How long a list is kept, in milliseconds. */
  readonly keptMs: number;
  /** The memory of all lists that are kept, in bytes; a larger list is not kept. */
  readonly bytesMax: number;
  /** How long a fetch may take, its repeats and their waits included, in milliseconds. */
  readonly fetchMsMax: number;
  /** How many fetches go on at a time, decoding included; each can take ten times its body in memory. */
  readonly fetchesMax: number;
  /** How many more wait for one of those to end. */
  readonly waitingMax: number;
  /** Told of each list that was asked for, and where it came from. */
  readonly onLoad?: (result: "kept" | "fetched" | "failed") => void;
}

interface Fetch {
  readonly startedAtMs: number;
  readonly list: Promise<UserList>;
}

export function createUserLists(options: UserListsOptions): UserLists {
  const { provider, clock, keptMs, bytesMax, onLoad } = options;
  const kept = new LRUCache<string, { readonly list: UserList; readonly asOfMs: number }>({
    maxSize: bytesMax,
    maxEntrySize: bytesMax,
    // An empty list occupies the entry that holds it.
    sizeCalculation: ({ list }) => list.byteLength + 256,
  });
  const fetches = new Map<string, Fetch>();
  const waiting: (() => void)[] = [];
  let running = 0;

  async function inTurn(serviceId: string, traceContext: object | undefined): Promise<UserList> {
    if (running < options.fetchesMax) {
      running += 1;
    } else if (waiting.length < options.waitingMax) {
      // Its turn comes with the place of the one that has ended.
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      throw new Fault("overloaded", { retryAfterMs: 1_000 });
    }
    try {
      // A fetch serves many callers, so none of them bounds it.
      const progress = { ...createProgress(), deadlineAtMs: clock.nowMs() + options.fetchMsMax, traceContext };
      return await provider.listUsers({ serviceId }, progress);
    } finally {
      const next = waiting.shift();
      if (next === undefined) {
        running -= 1;
      } else {
        next();
      }
    }
  }

  function fetch(serviceId: string, traceContext: object | undefined): Fetch {
    const own: Fetch = { startedAtMs: clock.nowMs(), list: inTurn(serviceId, traceContext) };
    fetches.set(serviceId, own);
    const isCurrent = () => fetches.get(serviceId) === own;
    own.list.then(
      (list) => {
        if (isCurrent()) {
          fetches.delete(serviceId);
          kept.set(serviceId, { list, asOfMs: own.startedAtMs });
        }
      },
      () => {
        if (isCurrent()) {
          fetches.delete(serviceId);
        }
      },
    );
    return own;
  }

  async function fetched(serviceId: string, notBeforeMs: number, traceContext: object | undefined): Promise<UserList> {
    for (;;) {
      const current = fetches.get(serviceId) ?? fetch(serviceId, traceContext);
      if (current.startedAtMs >= notBeforeMs) {
        return current.list;
      }
      // Too early for this caller, but one at a time: the next one serves all who wait.
      await current.list.catch(() => undefined);
    }
  }

  return {
    async load(serviceId, notBeforeMs, traceContext) {
      const found = kept.get(serviceId);
      if (found !== undefined && found.asOfMs >= Math.max(notBeforeMs, clock.nowMs() - keptMs)) {
        onLoad?.("kept");
        return found.list;
      }
      try {
        const list = await fetched(serviceId, notBeforeMs, traceContext);
        onLoad?.("fetched");
        return list;
      } catch (error) {
        onLoad?.("failed");
        throw error;
      }
    },
    forget(serviceId) {
      kept.delete(serviceId);
      fetches.delete(serviceId);
    },
  };
}
