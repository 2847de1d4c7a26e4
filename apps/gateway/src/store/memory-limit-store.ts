import { type Clock, rejecting } from "@verigate/call";
import { type CountedAt, type CountedSum, createCountRows } from "./count-rows.ts";
import { createEventRows, type EventLog } from "./event-rows.ts";
import {
  type Demand,
  type LimitStore,
  type Reservation,
  type ReserveResult,
  rememberedMs,
  type Settlement,
  type Tally,
  type WindowState,
} from "./limit-store.ts";
import { type LoggedEvents, logBounds, windowState } from "./log-windows.ts";
import { createUserRows, phoneNumberOf, type RememberedPhone } from "./user-rows.ts";

export interface MemoryLimitStoreOptions {
  readonly clock: Clock;
  /**
   * Memory for limits, in bytes. Beyond it new subjects are refused. Those that
   * are known may go on, up to a quarter more.
   */
  readonly bytesMax: number;
}

/** A demand, found: where it counts, and how that stands. */
type Found =
  | { readonly kind: "nowhere" }
  | { readonly kind: "log"; readonly log: EventLog; readonly events: LoggedEvents; readonly demand: Demand }
  | { readonly kind: "count"; readonly count: CountedAt; readonly sum: CountedSum; readonly demand: Demand };

/** One event that a reservation has counted: what tells it from others is when it, or its slice, is over. */
type Counted =
  | { readonly log: EventLog; readonly endMs: number; readonly isAttempt: boolean }
  | { readonly count: CountedAt; readonly endMs: number; readonly isAttempt: boolean };

/** What a reservation has counted, until it is settled. */
interface Hold {
  readonly atMs: number;
  readonly counted: readonly Counted[];
}

/** A call that has not settled by then never will. */
const holdMs = 3_600_000;
/** Places that each reservation looks at for what is over: more than it fills, free ones included. */
const sweptPlaces = 8;

const nowhere: Found = { kind: "nowhere" };
const noPhones: ReadonlyMap<string, RememberedPhone> = new Map();

/**
 * Limits in this process alone: gone when it ends, unknown to other replicas.
 *
 * What is over is dropped a little at a time, by each reservation, so that no
 * sweep ever holds up calls and no entry needs a timer.
 */
export function createMemoryLimitStore({ clock, bytesMax }: MemoryLimitStoreOptions): LimitStore {
  const events = createEventRows();
  const users = createUserRows();
  const counts = createCountRows();
  const holds = new Map<string, Hold>();

  const bytes = () => events.bytes + users.bytes + counts.bytes;

  function dropOver(nowMs: number): void {
    events.sweep(sweptPlaces, nowMs);
    users.sweep(sweptPlaces, nowMs);
    counts.sweep(sweptPlaces, nowMs);
    for (const [owner, { atMs }] of holds) {
      if (nowMs < atMs + holdMs) {
        break;
      }
      holds.delete(owner);
    }
  }

  function find(demand: Demand, phones: ReadonlyMap<string, RememberedPhone>, isExempt: boolean, nowMs: number): Found {
    const { kind, key, byPhone, windows } = demand;
    const phone = byPhone === undefined ? undefined : phones.get(byPhone.user)?.phone;
    if (phone === undefined && byPhone?.isRequired === true) {
      return nowhere;
    }
    const keyHere = byPhone === undefined || phone === undefined ? key : `${byPhone.prefix}${phone}`;
    if (kind === "count") {
      const count = counts.countOf(keyHere, windows[0].windowMs);
      return { kind, count, sum: counts.sum(count, nowMs), demand };
    }
    if (isExempt) {
      return nowhere;
    }
    const log = events.logOf(keyHere, logBounds(windows).keptMs);
    return { kind, log, events: events.eventsOf(log, nowMs), demand };
  }

  function statesOf(found: Found, nowMs: number): readonly WindowState[] {
    switch (found.kind) {
      case "nowhere":
        return [];
      case "log":
        return found.demand.windows.map((window) => windowState(found.events, window, nowMs));
      case "count": {
        const [{ max }] = found.demand.windows;
        const left = Math.max(0, max - found.sum.total);
        const waitMs = found.sum.oldestEndsAtMs - nowMs;
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
      } else if (found.kind === "count") {
        growth += counts.growthFor(found.count);
        isKnown &&= found.sum.total > 0;
      }
    }
    return growth === 0 || bytes() + growth <= (isKnown ? 1.25 : 1) * bytesMax;
  }

  function count(demanded: readonly Found[], nowMs: number): Hold {
    const counted: Counted[] = [];
    for (const found of demanded) {
      if (found.kind === "nowhere") {
        continue;
      }
      const { windows, isAttempt = false } = found.demand;
      if (found.kind === "count") {
        counted.push({ count: found.count, endMs: counts.add(found.count, nowMs), isAttempt });
        continue;
      }
      const kept = newest(found.events, logBounds(windows).eventsMax - 1);
      for (const endMs of kept === found.events ? [] : found.events.endsMs) {
        if (!kept.endsMs.includes(endMs)) {
          events.drop(found.log, Math.abs(endMs));
        }
      }
      counted.push({ log: found.log, endMs: events.add(found.log, kept, nowMs), isAttempt });
    }
    return { atMs: nowMs, counted };
  }

  function reserve({ owner, demands, tallies, users: names, exemptPhones, isFinal }: Reservation): ReserveResult {
    const nowMs = clock.nowMs();
    dropOver(nowMs);
    const phones = phonesOf(names, nowMs);
    const country = countryOf(phones);
    const isExempt = exemptPhones.length > 0 && phones.size > 0 && isAnyOf(phones, exemptPhones);
    const demanded = demands.map((demand) => find(demand, phones, isExempt, nowMs));
    const states = demanded.map((found) => statesOf(found, nowMs));
    const tallied = tallies.map((tally) => counts.sum(tallyAt(tally, country), nowMs).total);
    const isHeld = holds.has(owner);
    const isDenied = demands.some(({ windows }, index) =>
      states[index]?.some(({ left }, window) => left === 0 && windows[window]?.isShadow === false),
    );
    if (!isDenied && !isHeld) {
      if (!hasRoom(demanded)) {
        return { kind: "full" };
      }
      const hold = count(demanded, nowMs);
      if (isFinal !== true) {
        holds.set(owner, hold);
      }
    }
    return { kind: isDenied && !isHeld ? "denied" : "granted", states, country, tallied };
  }

  function phonesOf(names: readonly string[], nowMs: number): ReadonlyMap<string, RememberedPhone> {
    let phones: Map<string, RememberedPhone> | undefined;
    for (const user of names) {
      const found = users.find(user, nowMs, nowMs + rememberedMs);
      if (found !== undefined) {
        phones ??= new Map();
        phones.set(user, found);
      }
    }
    return phones ?? noPhones;
  }

  function settle(owner: string, { how, tallies }: Settlement): void {
    const hold = holds.get(owner);
    if (hold === undefined) {
      return;
    }
    holds.delete(owner);
    for (const each of how === "keep" ? [] : hold.counted) {
      if (how === "attempt" && each.isAttempt) {
        continue;
      }
      if ("count" in each) {
        counts.remove(each.count, each.endMs);
        continue;
      }
      events.drop(each.log, each.endMs);
      if (how === "clear") {
        events.clear(each.log);
      }
    }
    for (const { tally, country } of tallies) {
      const at = tallyAt(tally, country);
      const growth = counts.growthFor(at);
      // A tally limits nobody: where there is no room, it is not kept.
      if (growth === 0 || bytes() + growth <= bytesMax) {
        counts.add(at, clock.nowMs());
      }
    }
  }

  /** Where a tally is; where each country has its own, that of the country. */
  function tallyAt({ key, windowMs, isByCountry }: Tally, country = "unknown"): CountedAt {
    return counts.countOf(isByCountry === true ? `${key}:${country}` : key, windowMs);
  }

  return {
    get entries() {
      return events.size + users.size + counts.size;
    },
    // Without memory for another page, for one.
    reserve: (reservation) => rejecting(reserve, reservation),
    settle: (owner, settlement) => rejecting(settle, owner, settlement),
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

function countryOf(phones: ReadonlyMap<string, RememberedPhone>): string | undefined {
  for (const { country } of phones.values()) {
    return country;
  }
  return undefined;
}

function isAnyOf(phones: ReadonlyMap<string, RememberedPhone>, hashes: readonly string[]): boolean {
  const numbers = hashes.map(phoneNumberOf);
  return [...phones.values()].some(({ phone }) => numbers.includes(phone));
}
