import type { Clock } from "@verigate/call";
import { type Claim, type ClaimName, type ClaimResult, type ClaimStore, mismatchesMax } from "./claim-store.ts";

export interface MemoryClaimStoreOptions {
  readonly clock: Clock;
  /**
   * Memory for claims, in bytes, as estimated; half of it is the most that one
   * caller gets. Beyond it new names are refused; those that run may still settle.
   */
  readonly bytesMax: number;
}

/** Running while there is an owner, settled when there is a record, else lapsed. */
interface Entry {
  readonly payload: string;
  readonly owner?: string;
  readonly leaseEndsMs?: number;
  readonly record?: string;
  readonly writtenAtMs: number;
  readonly holder: Holder;
  /** How often it was asked for with another payload. */
  mismatches: number;
}

/** A caller, and the bytes that its entries take. */
interface Holder {
  readonly caller: string;
  bytes: number;
}

/** What an entry takes besides its record: its names, its hash, its owner and its place in the map. */
const entryBytes = 500;
/** Of the memory, for one caller: one that goes wild must not take the protection from all others. */
const callerShare = 0.5;

/**
 * Claims in this process alone: gone when it ends, unknown to other replicas.
 *
 * The names of one window stand in a map of their own in the order in which they
 * were written, and so in which they expire: each claim drops the expired ones at
 * the front, and no entry needs a timer.
 */
export function createMemoryClaimStore({ clock, bytesMax }: MemoryClaimStoreOptions): ClaimStore {
  const windows = new Map<number, Map<string, Entry>>();
  const holders = new Map<string, Holder>();
  let bytes = 0;

  function windowOf({ keptMs }: Claim): Map<string, Entry> {
    const window = windows.get(keptMs) ?? new Map<string, Entry>();
    windows.set(keptMs, window);
    return window;
  }

  function holderOf({ caller }: Claim): Holder {
    return holders.get(caller) ?? { caller, bytes: 0 };
  }

  function drop(window: Map<string, Entry>, name: string): void {
    const entry = window.get(name);
    if (entry !== undefined) {
      window.delete(name);
      take(entry, -1);
    }
  }

  /** Puts it last in its window, also where there is one of that name. */
  function put(window: Map<string, Entry>, name: string, entry: Entry): void {
    drop(window, name);
    window.set(name, entry);
    take(entry, 1);
  }

  function take({ holder, record = "" }: Entry, sign: 1 | -1): void {
    const size = sign * (entryBytes + record.length);
    bytes += size;
    holder.bytes += size;
    if (holder.bytes === 0) {
      holders.delete(holder.caller);
    } else {
      holders.set(holder.caller, holder);
    }
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
        return resultOf(window, { name, payload }, entry, claim.owner);
      }
    }
    const holder = holderOf(claim);
    if (bytes >= bytesMax || holder.bytes >= bytesMax * callerShare) {
      return { kind: "full" };
    }
    const { owner } = claim;
    const entry = { payload: first.payload, owner, leaseEndsMs: nowMs + leaseMs, writtenAtMs: nowMs };
    put(window, first.name, { ...entry, holder, mismatches: 0 });
    return { kind: "claimed" };
  }

  function resultOf(window: Map<string, Entry>, asked: ClaimName, entry: Entry, owner: string): ClaimResult {
    const nowMs = clock.nowMs();
    const { payload, writtenAtMs, record, leaseEndsMs = 0, holder, mismatches } = entry;
    if (mismatches >= mismatchesMax && entry.owner !== owner) {
      return { kind: "barred" };
    }
    if (payload !== asked.payload) {
      entry.mismatches += 1;
      return { kind: "other-payload" };
    }
    if (record !== undefined) {
      return { kind: "settled", record, ageMs: nowMs - writtenAtMs };
    }
    if (nowMs < leaseEndsMs) {
      return { kind: entry.owner === owner ? "claimed" : "running" };
    }
    // In its old place, so that it expires when it would have.
    window.set(asked.name, { payload, writtenAtMs, holder, mismatches });
    return { kind: "lapsed" };
  }

  return {
    claim: async (given, leaseMs) => claim(given, leaseMs),
    async settle(claim, record) {
      const window = windowOf(claim);
      const [{ name, payload }] = claim.names;
      const entry = window.get(name);
      if (entry === undefined || entry.owner === claim.owner) {
        const { holder = holderOf(claim), mismatches = 0 } = entry ?? {};
        put(window, name, { payload, record, writtenAtMs: clock.nowMs(), holder, mismatches });
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
