import { randomBytes } from "node:crypto";
import { after, type Call, type Eventual, Fault } from "@verigate/call";
import type { LimitDecisionName, LimitName } from "@verigate/telemetry";
import type {
  Demand,
  LimitStore,
  LimitWindow,
  Reservation,
  ReserveResult,
  Settlement,
  Tally,
  WindowState,
} from "../store/limit-store.ts";
import type { StoreOutage } from "../store/store-outage.ts";
import type { Allowance } from "./allowance.ts";
import type { OnLimitDecision } from "./limit-decision.ts";
import { oncePer } from "./once-per.ts";

/** A window of a demand, and the limit that it is of. */
export interface PlannedWindow extends Allowance {
  readonly limit: LimitName;
  /** Whether a success empties it. */
  readonly isClearable?: boolean;
}

/** What a limit wants to count at a subject. */
export interface PlannedDemand extends Omit<Demand, "windows"> {
  readonly windows: readonly PlannedWindow[];
  /** The subject, as callers may see it: no id but what they sent. */
  readonly whom: string;
  /** What is counted, as callers may see it. */
  readonly what: string;
}

/** All that the limits of a call want of the store, in one step. */
export interface Plan {
  readonly demands: readonly PlannedDemand[];
  readonly users?: readonly string[];
  readonly exemptPhones?: readonly string[];
  readonly tallies?: readonly Tally[];
  /** Whether there is nothing to settle: what is counted stays. */
  readonly isFinal?: boolean;
}

export interface Granted {
  readonly kind: "granted";
  /** How the windows of each demand stood before; empty where they were not asked. */
  readonly states: readonly (readonly WindowState[])[];
  /** How many more there may be after this one; undefined where nothing limits that. */
  readonly left: number | undefined;
  /** How long until there may be another one after this one, in milliseconds; undefined where nothing limits that. */
  readonly nextMs: number | undefined;
  /** Of the user's phone, as far as it is remembered. */
  readonly country: string | undefined;
  readonly tallied: readonly number[];
  /** Says what became of the call. Must be called once. Never throws. */
  settle(settlement: Settlement): Eventual<void>;
}

export interface Denied {
  readonly kind: "denied";
  readonly window: PlannedWindow;
  readonly whom: string;
  readonly what: string;
  readonly retryAfterMs: number;
}

/** Asks the store for all that a call's limits want. Throws `store-unavailable` where that is what a store that fails leads to. */
export type Book = (call: Call, plan: Plan) => Eventual<Granted | Denied>;

export interface BookingOptions {
  readonly store: LimitStore;
  readonly outage: StoreOutage;
  /** What to do with a call while the store is down or full: refuse it, or let it go on. */
  readonly onStoreFailure: "reject" | "allow";
  /** Limits that tell what they would deny, and deny nothing. */
  readonly shadows: ReadonlySet<LimitName>;
  readonly onDecision: OnLimitDecision;
}

/** When to come again where the store is down or full. */
const storeRetryAfterMs = 1_000;
/** When to come again, at the latest, where a call that is under way may give a place back. */
const underWayRetryAfterMs = 1_000;

const nothingCounted: Granted = {
  kind: "granted",
  states: [],
  left: undefined,
  nextMs: undefined,
  country: undefined,
  tallied: [],
  settle: () => {},
};

const unlimited = { left: undefined, nextMs: undefined } as const;

export function createBooking(options: BookingOptions): Book {
  const { store, outage, shadows } = options;
  const isAllowing = options.onStoreFailure === "allow";
  const reservationFrom = createReservations(shadows);
  /** How many calls of this process have places at a subject that they may give back. */
  const underWay = new Map<string, number>();

  return (call, plan) => {
    const reservation = reservationFrom(plan);
    return after(
      store.reserve(reservation),
      (result) => {
        outage.end();
        return answered(call, plan, reservation, result);
      },
      (cause) => {
        outage.begin(cause);
        giveBack(reservation);
        return unanswered(call, plan, cause);
      },
    );
  };

  function answered(call: Call, plan: Plan, { owner }: Reservation, result: ReserveResult): Granted | Denied {
    switch (result.kind) {
      case "full":
        return unanswered(call, plan, undefined);
      case "denied":
        return denied(call, plan, result.states);
      case "granted": {
        const { states, country, tallied } = result;
        begin(plan);
        const { left, nextMs } = allowed(call, plan, states);
        const settle = (settlement: Settlement) => settled(plan, owner, settlement);
        return { kind: "granted", states, left, nextMs, country, tallied, settle };
      }
    }
  }

  /** It may have been counted although no answer came. */
  function giveBack({ owner, isFinal }: Reservation): void {
    if (isFinal !== true) {
      after(store.settle(owner, { how: "give-back", tallies: [] }), ignore, ignore);
    }
  }

  function begin({ isFinal, demands }: Plan): void {
    for (const { key } of isFinal === true ? [] : demands) {
      underWay.set(key, (underWay.get(key) ?? 0) + 1);
    }
  }

  function end({ demands }: Plan): void {
    for (const { key } of demands) {
      const left = (underWay.get(key) ?? 0) - 1;
      if (left > 0) {
        underWay.set(key, left);
      } else {
        underWay.delete(key);
      }
    }
  }

  /** Where it fails, it stays counted. */
  function settled(plan: Plan, owner: string, settlement: Settlement): Eventual<void> {
    end(plan);
    return after(store.settle(owner, settlement), outage.end, outage.begin);
  }

  function tell(call: Call, decisions: readonly Decision[]): void {
    for (const decision of decisions) {
      options.onDecision(call, decision);
    }
  }

  function unanswered(call: Call, plan: Plan, cause: unknown): Granted {
    const decisions: Decision[] = [];
    for (const { windows, key } of plan.demands) {
      for (const { limit } of windows) {
        decide(decisions, limit, isAllowing ? "failed_open" : "failed_closed", key);
      }
    }
    tell(call, decisions);
    if (isAllowing || plan.demands.length === 0) {
      return nothingCounted;
    }
    throw new Fault("store-unavailable", { retryAfterMs: storeRetryAfterMs, cause });
  }

  /** Tells what each limit decided, and what room it leaves. */
  function allowed(call: Call, { demands }: Plan, states: Granted["states"]): Pick<Granted, "left" | "nextMs"> {
    if (demands.length === 0) {
      return unlimited;
    }
    const decisions: Decision[] = [];
    let left: number | undefined;
    let nextMs: number | undefined;
    forEachWindow(demands, states, (window, state, { key }) => {
      decide(decisions, window.limit, state.left === 0 ? "shadow_denied" : "allowed", key);
      if (!shadows.has(window.limit)) {
        left = Math.min(left ?? state.left, state.left);
        nextMs = Math.max(nextMs ?? 0, state.nextMs);
      }
    });
    tell(call, decisions);
    return { left: left === undefined ? undefined : left - 1, nextMs };
  }

  /** By the window that one has to wait for longest. */
  function denied(call: Call, { demands }: Plan, states: Granted["states"]): Denied {
    const decisions: Decision[] = [];
    let longest: Denied | undefined;
    forEachWindow(demands, states, (window, { left, waitMs }, { key, whom, what }) => {
      if (left > 0) {
        decide(decisions, window.limit, "allowed", key);
      } else if (shadows.has(window.limit)) {
        decide(decisions, window.limit, "shadow_denied", key);
      } else {
        decide(decisions, window.limit, "denied", key);
        const retryAfterMs = underWay.has(key) ? Math.min(waitMs, underWayRetryAfterMs) : waitMs;
        if (longest === undefined || retryAfterMs > longest.retryAfterMs) {
          longest = { kind: "denied", window, whom, what, retryAfterMs };
        }
      }
    });
    if (longest === undefined) {
      throw new Error("the store denied what it had room for");
    }
    tell(call, decisions);
    return longest;
  }
}

/** Makes reservations, each with an owner that no other process has. */
function createReservations(shadows: ReadonlySet<LimitName>): (plan: Plan) => Reservation {
  const process = randomBytes(15).toString("base64url");
  let count = 0;
  /** A limit has the same windows all the time. */
  const windowsFrom = oncePer(([first, ...others]: readonly PlannedWindow[]): Demand["windows"] => {
    if (first === undefined) {
      throw new Error("a limit demands nothing");
    }
    return [windowFrom(first), ...others.map(windowFrom)];
  });
  const windowFrom = ({ max, windowMs, limit, isClearable = false }: PlannedWindow): LimitWindow => ({
    max,
    windowMs,
    isShadow: shadows.has(limit),
    isClearable,
  });
  return ({ demands, users = [], exemptPhones = [], tallies = [], isFinal = false }) => {
    count += 1;
    return {
      owner: `${process}${count.toString(36)}`,
      users,
      exemptPhones,
      tallies,
      isFinal,
      // One by one: objects of one shape are made and read several times as fast.
      demands: demands.map(({ kind, key, byPhone, isAttempt, windows }) => ({
        kind,
        key,
        byPhone,
        isAttempt,
        windows: windowsFrom(windows),
      })),
    };
  };
}

function forEachWindow(
  demands: readonly PlannedDemand[],
  states: Granted["states"],
  visit: (window: PlannedWindow, state: WindowState, demand: PlannedDemand) => void,
): void {
  demands.forEach((demand, index) => {
    states[index]?.forEach((state, place) => {
      const window = demand.windows[place];
      if (window !== undefined) {
        visit(window, state, demand);
      }
    });
  });
}

/** What a limit decided. */
interface Decision {
  readonly limit: LimitName;
  decision: LimitDecisionName;
  subject: string;
}

/** Of each limit one thing, whatever number of windows and subjects it has: the first that is not `allowed`. */
function decide(made: Decision[], limit: LimitName, decision: LimitDecisionName, subject: string): void {
  const known = made.find((each) => each.limit === limit);
  if (known === undefined) {
    made.push({ limit, decision, subject });
  } else if (known.decision === "allowed") {
    known.decision = decision;
    known.subject = subject;
  }
}

function ignore(): void {}
