import type { Eventual } from "@verigate/call";

/** No more than `max` events within `windowMs`. */
export interface LimitWindow {
  readonly max: number;
  readonly windowMs: number;
  /** Whether it only tells that it is full, and refuses nothing. */
  readonly isShadow: boolean;
  /** Whether a success empties it. */
  readonly isClearable: boolean;
}

/**
 * What a call wants to count at one subject.
 *
 * - `log`: every event is kept by its instant until the longest window has
 *   passed it, so the windows are exact: none ever holds more than its `max`,
 *   wherever it begins. Takes memory by event: for small limits.
 * - `count`: events are counted in slices of a 32nd of the one window. What a
 *   slice that is partly outside holds still counts, so no window holds more
 *   than its `max`, and some hold a few less. For limits of any size.
 */
export interface Demand {
  readonly kind: "log" | "count";
  readonly key: string;
  /**
   * Where a user's phone is remembered, the events stand under this prefix and the
   * phone instead of `key`. Where it is not and `isRequired`, nothing is counted.
   */
  readonly byPhone?: { readonly user: string; readonly prefix: string; readonly isRequired?: boolean } | undefined;
  /** Whether it counts that a call was carried out, also where that came to nothing: it is kept by `attempt`, too. */
  readonly isAttempt?: boolean | undefined;
  readonly windows: readonly [LimitWindow, ...LimitWindow[]];
}

/** Events that are counted like those of a `count`, and limited by nobody. */
export interface Tally {
  readonly key: string;
  readonly windowMs: number;
  /** Whether each country has a tally of its own: that of the reservation's user, or `unknown`. */
  readonly isByCountry?: boolean;
}

/** What one call wants to count: all of it, or nothing. */
export interface Reservation {
  /** Tells this call from every other. */
  readonly owner: string;
  /** Names of the user that it is about, to look up what is remembered of it. */
  readonly users: readonly string[];
  readonly demands: readonly Demand[];
  /** Phones at which no `log` counts. */
  readonly exemptPhones: readonly string[];
  /** Tallies to be told of. */
  readonly tallies: readonly Tally[];
  /** Whether there is nothing to settle: what is counted stays. */
  readonly isFinal?: boolean;
}

/** How a window stood before the reservation. */
export interface WindowState {
  /** How many more events fit. */
  readonly left: number;
  /** How long until one more fits, in milliseconds; 0 where one does. */
  readonly waitMs: number;
  /** How long until another one fits after this one. */
  readonly nextMs: number;
}

export type ReserveResult =
  | {
      /** Denied: a window that is no shadow is full. Nothing was counted. */
      readonly kind: "granted" | "denied";
      /** For each demand its windows; none where the user's phone is exempt, or required and not remembered. */
      readonly states: readonly (readonly WindowState[])[];
      /** Of the user's phone, if that is remembered. */
      readonly country: string | undefined;
      /** Events of each tally. */
      readonly tallied: readonly number[];
    }
  /** There is no room for another subject. What is kept is never evicted to make some. */
  | { readonly kind: "full" };

/**
 * What becomes of what a reservation counted:
 *
 * - `keep`: it stays.
 * - `give-back`: it is as if there had been none.
 * - `attempt`: it is, but for demands of attempts, where it stays.
 * - `clear`: a success. It counts nowhere, and clearable windows that it counted
 *   in are empty.
 */
export interface Settlement {
  readonly how: "keep" | "give-back" | "attempt" | "clear";
  /** Adds one event to each. `country` is that of the reservation's result. */
  readonly tallies: readonly { readonly tally: Tally; readonly country?: string | undefined }[];
}

export interface KnownUser {
  /** Its name, as in a reservation. */
  readonly user: string;
  readonly phone: string;
  readonly country: string;
}

/** For how long a user's phone is remembered after it was last asked for. */
export const rememberedMs: number = 30 * 24 * 3_600_000;

/** How many slices a window is counted in. */
export const slices = 32;

/**
 * How often what was done lately, within limits, so that replicas count together.
 *
 * Each call is one atomic step, and one round trip where the store is remote;
 * time is the store's own. Each rejects where the store can't be asked in time; it
 * may have been carried out then. Keys, users and phones are keyed hashes: only
 * whoever has the key can tell of whom.
 *
 * What a process counted that died before it settled stays counted.
 */
export interface LimitStore {
  /** How many entries this process keeps; undefined where they are kept elsewhere. */
  readonly entries: number | undefined;
  /** Counts everything that a reservation demands, or nothing. Repeated before it is settled, it counts nothing more. */
  reserve(reservation: Reservation): Eventual<ReserveResult>;
  /** Ends a reservation. Does nothing where it has ended, or is not known. */
  settle(owner: string, settlement: Settlement): Eventual<void>;
  /** Remembers users' phones, and those phones' countries. False where there is no room. */
  remember(users: readonly KnownUser[]): Promise<boolean>;
}
