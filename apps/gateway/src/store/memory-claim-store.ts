import type { Clock } from "@verigate/call";
import type { Claim, ClaimResult, ClaimStore } from "./claim-store.ts";

export interface MemoryClaimStoreOptions {
  readonly clock: Clock;
  /** Memory for claims, in bytes, as estimated. Beyond it new names are refused; those that run may still settle. */
  readonly bytesMax: number;
}

/** Running while there is an owner, settled when there is a record, else lapsed. */
interface Entry {
  readonly payload: string;
  readonly owner?: string;
  readonly leaseEndsMs?: number;
  readonly record?: string;
  readonly writtenAtMs: number;
}

/** What an entry takes besides its record: its names, its hash, its owner and its place in the map. */
const entryBytes = 500;

/**
 * Claims in this process alone: gone when it ends, unknown to other replicas.
 *
 * The names of one window stand in a map of their own in the order in which they
 * were written, and so in which they expire: each claim drops the expired ones at
 * the front, and no entry needs a timer.
 */
export function createMemoryClaimStore({ clock, bytesMax }: MemoryClaimStoreOptions): ClaimStore {
  const windows = new Map<number, Map<string, Entry>>();
  let bytes = 0;

  function windowOf({ keptMs }: Claim): Map<string, Entry> {
    const window = windows.get(keptMs) ?? new Map<string, Entry>();
    windows.set(keptMs, window);
    return window;
  }

  function drop(window: Map<string, Entry>, name: string): void {
    bytes -= sizeOf(window.get(name));
    window.delete(name);
  }

  /** Puts it last in its window, also where there is one of that name. */
  function put(window: Map<string, Entry>, name: string, entry: Entry): void {
    drop(window, name);
    window.set(name, entry);
    bytes += sizeOf(entry);
  }

  function dropExpired(): void {
    for (const [keptMs, window] of windows) {
      for (const [name, { writtenAtMs }] of window) {
        if (clock.nowMs() < writtenAtMs + keptMs) {
          break;
        }
        drop(window, name);
      }
    }
  }

  function claim(claim: Claim, leaseMs: number): ClaimResult {
    dropExpired();
    const nowMs = clock.nowMs();
    const window = windowOf(claim);
    const [first] = claim.names;
    for (const { name, payload } of claim.names) {
      const entry = window.get(name);
      if (entry !== undefined) {
        return entry.payload === payload ? resultOf(window, name, entry, claim.owner) : { kind: "other-payload" };
      }
    }
    if (bytes >= bytesMax) {
      return { kind: "full" };
    }
    const { owner } = claim;
    put(window, first.name, { payload: first.payload, owner, leaseEndsMs: nowMs + leaseMs, writtenAtMs: nowMs });
    return { kind: "claimed" };
  }

  function resultOf(window: Map<string, Entry>, name: string, entry: Entry, owner: string): ClaimResult {
    const nowMs = clock.nowMs();
    const { payload, writtenAtMs, record, leaseEndsMs = 0 } = entry;
    if (record !== undefined) {
      return { kind: "settled", record, ageMs: nowMs - writtenAtMs };
    }
    if (nowMs < leaseEndsMs) {
      return { kind: entry.owner === owner ? "claimed" : "running" };
    }
    // In its old place, so that it expires when it would have.
    window.set(name, { payload, writtenAtMs });
    return { kind: "lapsed" };
  }

  return {
    claim: async (given, leaseMs) => claim(given, leaseMs),
    async settle(claim, record) {
      const window = windowOf(claim);
      const [{ name, payload }] = claim.names;
      const entry = window.get(name);
      if (entry === undefined || entry.owner === claim.owner) {
        put(window, name, { payload, record, writtenAtMs: clock.nowMs() });
      }
    },
    async release(claim) {
      const window = windowOf(claim);
      const [{ name }] = claim.names;
      if (window.get(name)?.owner === claim.owner) {
        drop(window, name);
      }
    },
  };
}

function sizeOf(entry: Entry | undefined): number {
  return entry === undefined ? 0 : entryBytes + (entry.record ?? "").length;
}
