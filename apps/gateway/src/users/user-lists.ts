import { type Clock, createProgress } from "@verigate/call";
import { LRUCache } from "lru-cache";
import type { Provider, UserList } from "../provider.ts";

/** The user lists of services, each fetched once at a time and kept for a while. */
export interface UserLists {
  /**
   * The list of a service, as it was no earlier than `notBeforeMs`, by the
   * clock's nowMs. Throws the Fault of the fetch that fails.
   */
  load(serviceId: string, notBeforeMs: number): Promise<UserList>;
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
}

interface Fetch {
  readonly startedAtMs: number;
  readonly list: Promise<UserList>;
}

export function createUserLists({ provider, clock, keptMs, bytesMax }: UserListsOptions): UserLists {
  const kept = new LRUCache<string, { readonly list: UserList; readonly asOfMs: number }>({
    maxSize: bytesMax,
    maxEntrySize: bytesMax,
    // An empty list occupies the entry that holds it.
    sizeCalculation: ({ list }) => list.byteLength + 256,
  });
  const fetches = new Map<string, Fetch>();

  function fetch(serviceId: string): Fetch {
    // A fetch serves many callers, so none of them bounds it: its attempts have their own time-outs.
    const own: Fetch = { startedAtMs: clock.nowMs(), list: provider.listUsers({ serviceId }, createProgress()) };
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

  return {
    async load(serviceId, notBeforeMs) {
      const found = kept.get(serviceId);
      if (found !== undefined && found.asOfMs >= Math.max(notBeforeMs, clock.nowMs() - keptMs)) {
        return found.list;
      }
      for (;;) {
        const current = fetches.get(serviceId) ?? fetch(serviceId);
        if (current.startedAtMs >= notBeforeMs) {
          return current.list;
        }
        // Too early for this caller, but one at a time: the next one serves all who wait.
        await current.list.catch(() => undefined);
      }
    },
    forget(serviceId) {
      kept.delete(serviceId);
      fetches.delete(serviceId);
    },
  };
}
