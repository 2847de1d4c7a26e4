import type { Clock } from "@verigate/call";
import { createEventRows, type EventLog } from "./event-rows.ts";
import {
  type Demand,
  type LimitStore,
  type LimitWindow,
  type Reservation,
  type ReserveResult,
  rememberedMs,
  type Settlement,
  type Tally,
  type WindowState,
} from "./limit-store.ts";
import { type LoggedEvents, logBounds, windowState } from "./log-windows.ts";
import { createSlicedCount, emptySum, type SlicedCount } from "./sliced-count.ts";
import { createUserRows, phoneNumberOf, type RememberedPhone } from "./user-rows.ts";

export interface MemoryLimitStoreOptions {
  readonly clock: Clock;
  /**
   * Memory for limits, in bytes. Beyond it new subjects are refused. Those that
   * are known may go on, up to a quarter more.
   */
  readonly bytesMax: number;
}

/** A demand, found. */
type Found =
  | { readonly kind: "exempt" }
  | { readonly kind: "log"; readonly log: EventLog; readonly events: LoggedEvents; readonly demand: Demand }
  | { readonly kind: "count"; readonly key: string; readonly window: LimitWindow };

/** What a reservation has counted, until it is settled. */
interface Hold {
  readonly atMs: number;
  readonly logs: readonly { readonly log: EventLog; readonly endMs: number }[];
  readonly counts: readonly { readonly count: SlicedCount; readonly slice: number }[];
}

/** What a count takes, with its key and its place in the map. */
const countBytes = 600;
/** A call that has not settled by then never will. */
const holdMs = 3_600_000;
/** Places that each reservation looks at for what is over: more than it fills, free ones included. */
const sweptPlaces = 8;

/**
 * Limits in this process alone: gone when it ends, unknown to other replicas.
 *
 * What is over is dropped a little at a time, by each reservation, so that no
 * sweep ever holds up calls and no entry needs a timer.
 */
export function createMemoryLimitStore({ clock, bytesMax }: MemoryLimitStoreOptions): LimitStore {
  const events = createEventRows();
  const users = createUserRows();
  const counts = new Map<string, SlicedCount>();
  const holds = new Map<string, Hold>();

  const bytes = () => events.bytes + users.bytes + counts.size * countBytes;

  function dropOver(nowMs: number): void {
    events.sweep(sweptPlaces, nowMs);
    users.sweep(sweptPlaces, nowMs);
    for (const [key, count] of firstTwo(counts)) {
      // Last in turn again.
      counts.delete(key);
      if (nowMs < count.endsAtMs) {
        counts.set(key, count);
      }
    }
    for (const [owner, { atMs }] of firstTwo(holds)) {
      if (atMs + holdMs <= nowMs) {
        holds.delete(owner);
      }
    }
  }

  function countOf(key: string, windowMs: number): SlicedCount {
    const count = counts.get(key) ?? createSlicedCount(windowMs);
    counts.set(key, count);
    return count;
  }

  function find(demand: Demand, phones: ReadonlyMap<string, RememberedPhone>, isExempt: boolean, nowMs: number): Found {
    const { kind, key, byPhone, windows } = demand;
    const phone = byPhone === undefined ? undefined : phones.get(byPhone.user)?.phone;
    const keyHere = byPhone === undefined || phone === undefined ? key : `${byPhone.prefix}${phone}`;
    if (kind === "count") {
      return { kind, key: keyHere, window: windows[0] };
    }
    if (isExempt) {
      return { kind: "exempt" };
    }
    const log = events.logOf(keyHere, logBounds(windows).keptMs);
    return { kind, log, events: events.eventsOf(log, nowMs), demand };
  }

  function statesOf(found: Found, nowMs: number): readonly WindowState[] {
    switch (found.kind) {
      case "exempt":
        return [];
      case "log":
        return found.demand.windows.map((window) => windowState(found.events, window, nowMs));
      case "count": {
        const { max, windowMs } = found.window;
        const { total, oldestEndsAtMs } = counts.get(found.key)?.sum(nowMs) ?? emptySum(windowMs, nowMs);
        const left = Math.max(0, max - total);
        const waitMs = oldestEndsAtMs - nowMs;
        return [{ left, waitMs: left === 0 ? waitMs : 0, nextMs: left > 1 ? 0 : waitMs }];
      }
    }
  }

  /** Whether it can be counted, all of it. */
  function hasRoom(demanded: readonly Found[]): boolean {
    let growth = 0;
    let isKnown = true;
    for (const found of demanded) {
      if (found.kind === "log") {
        growth += events.growthFor(found.log);
        isKnown &&= found.events.endsMs.length > 0;
      } else if (found.kind === "count" && !counts.has(found.key)) {
        growth += countBytes;
        isKnown = false;
      }
    }
    return growth === 0 || bytes() + growth <= (isKnown ? 1.25 : 1) * bytesMax;
  }

  function count(demanded: readonly Found[], nowMs: number): Hold {
    const logs: { log: EventLog; endMs: number }[] = [];
    const counted: { count: SlicedCount; slice: number }[] = [];
    for (const found of demanded) {
      if (found.kind === "count") {
        const sliced = countOf(found.key, found.window.windowMs);
        counted.push({ count: sliced, slice: sliced.add(nowMs) });
      } else if (found.kind === "log") {
        const { eventsMax } = logBounds(found.demand.windows);
        const kept = newest(found.events, eventsMax - 1);
        for (const endMs of kept === found.events ? [] : found.events.endsMs) {
          if (!kept.endsMs.includes(endMs)) {
            events.drop(found.log, Math.abs(endMs));
          }
        }
        logs.push({ log: found.log, endMs: events.add(found.log, kept, nowMs) });
      }
    }
    return { atMs: nowMs, logs, counts: counted };
  }

  function reserve({ owner, demands, tallies, ...reservation }: Reservation): ReserveResult {
    const nowMs = clock.nowMs();
    dropOver(nowMs);
    const phones = phonesOf(reservation.users, nowMs);
    const known = [...phones.values()];
    const country = known[0]?.country;
    const exempt = reservation.exemptPhones.map(phoneNumberOf);
    const isExempt = known.some(({ phone }) => exempt.includes(phone));
    const demanded = demands.map((demand) => find(demand, phones, isExempt, nowMs));
    const states = demanded.map((found) => statesOf(found, nowMs));
    const tallied = tallies.map((tally) => counts.get(tallyKey(tally, country))?.sum(nowMs).total ?? 0);
    const isHeld = holds.has(owner);
    const isDenied = states.some((each, index) =>
      each.some(({ left }, window) => left === 0 && demands[index]?.windows[window]?.isShadow === false),
    );
    if (!isDenied && !isHeld) {
      if (!hasRoom(demanded)) {
        return { kind: "full" };
      }
      const hold = count(demanded, nowMs);
      if (reservation.isFinal !== true) {
        holds.set(owner, hold);
      }
    }
    return { kind: isDenied && !isHeld ? "denied" : "granted", states, country, tallied };
  }

  function phonesOf(names: readonly string[], nowMs: number): ReadonlyMap<string, RememberedPhone> {
    const phones = new Map<string, RememberedPhone>();
    for (const user of names) {
      const found = users.find(user, nowMs, nowMs + rememberedMs);
      if (found !== undefined) {
        phones.set(user, found);
      }
    }
    return phones;
  }

  function settle(owner: string, { how, tallies }: Settlement): void {
    const hold = holds.get(owner);
    if (hold === undefined) {
      return;
    }
    holds.delete(owner);
    if (how !== "keep") {
      for (const { count: sliced, slice } of hold.counts) {
        sliced.remove(slice);
      }
    }
    for (const { log, endMs } of how === "keep" ? [] : hold.logs) {
      events.drop(log, endMs);
      if (how === "clear") {
        events.clear(log);
      }
    }
    for (const { tally, country } of tallies) {
      const key = tallyKey(tally, country);
      // A tally limits nobody: where there is no room, it is not kept.
      if (counts.has(key) || bytes() + countBytes <= bytesMax) {
        countOf(key, tally.windowMs).add(clock.nowMs());
      }
    }
  }

  return {
    get entries() {
      return events.size + users.size + counts.size;
    },
    reserve: async (reservation) => reserve(reservation),
    settle: async (owner, settlement) => settle(owner, settlement),
    async remember(known) {
      const untilMs = clock.nowMs() + rememberedMs;
      const growth = known.reduce((sum, { user }) => sum + users.growthFor(user), 0);
      if (growth > 0 && bytes() + growth > bytesMax) {
        return false;
      }
      for (const { user, phone, country } of known) {
        users.remember(user, { phone: phoneNumberOf(phone), country }, untilMs);
      }
      return true;
    },
  };
}

/** The `count` newest of the events. */
function newest(events: LoggedEvents, count: number): LoggedEvents {
  const { keptMs, endsMs } = events;
  return endsMs.length <= count
    ? events
    : { keptMs, endsMs: [...endsMs].sort((a, b) => Math.abs(b) - Math.abs(a)).slice(0, count) };
}

/** A tally's key; where each country has its own, that of the country. */
function tallyKey({ key, isByCountry }: Tally, country = "unknown"): string {
  return isByCountry === true ? `${key}:${country}` : key;
}

function firstTwo<Key, Value>(map: ReadonlyMap<Key, Value>): readonly [Key, Value][] {
  const found: [Key, Value][] = [];
  for (const entry of map) {
    found.push(entry);
    if (found.length === 2) {
      break;
    }
  }
  return found;
}
