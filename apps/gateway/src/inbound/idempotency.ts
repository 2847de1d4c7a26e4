import type { DescMethod, Message } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { type Clock, Fault, faultFromError, type Layer, sleep } from "@verigate/call";
import { UserAPI } from "@verigate/contract";
import type { UnaryCall, UnaryHandler } from "@verigate/rpc-server";
import type { HashKeys } from "../keyed-hash.ts";
import { type Outcome, outcomeFromRecord, recordFromOutcome } from "../store/claim-record.ts";
import type { Claim, ClaimResult, ClaimStore } from "../store/claim-store.ts";
import { createRecordSeal } from "../store/record-seal.ts";
import { recordedOutcome } from "../store/recorded-outcome.ts";
import type { StoreOutage } from "../store/store-outage.ts";
import { createClaimFromCall } from "./claim-from-call.ts";

export interface IdempotencyOptions {
  readonly clock: Clock;
  readonly store: ClaimStore;
  readonly outage: StoreOutage;
  /** What to do with a call while the store is down: refuse it, or run it without protection. */
  readonly onStoreFailure: "reject" | "allow";
  readonly hashKeys: HashKeys;
  /** How long an attempt may run that is not safe to repeat, in milliseconds. */
  readonly unsafeAttemptTimeoutMs: number;
  /** How long it may take after that to find out what became of a CreateUser, in milliseconds. */
  readonly repairMsMax: number;
  /**
   * Asked before a repeat of a known request_id learns whether it is the same
   * request, `isSame`: what it returns is answered instead, also by throwing. For
   * what nobody may find out by trying, such as a PIN.
   */
  readonly onRepeat?: (unary: UnaryCall, isSame: boolean) => Promise<Message | undefined>;
  /** Told of each call with a request_id what was found. */
  readonly onLookup?: (method: DescMethod, found: Found) => void;
}

/**
 * `new` runs. `replayed` and `waited` get what was recorded, the latter after it
 * waited for the first. `reused` has another payload, or comes after too many
 * that had; `lapsed` meets a call that nobody ended, and `store_full` and
 * `store_down` could not be looked up.
 */
export type Found = "new" | "replayed" | "waited" | "reused" | "lapsed" | "store_full" | "store_down";

export interface Idempotency {
  readonly layer: Layer<UnaryCall, Message>;
  /** Fulfils when the calls that hold a claim at this moment have ended it. */
  idle(): Promise<void>;
}

/** From the last moment at which an attempt can end to the one at which its outcome is surely recorded. */
const leaseMarginMs = 5_000;
/** Between two looks at a claim that is running: doubled from the first to the last. */
const pauseMsMin = 10;
const pauseMsMax = 250;
const barredMessage = "too many other requests came under this request_id; nothing is told about it any more";
/** When to come again where the store is down or full. */
const retryAfterMs = 1_000;

/** A claim's result that ends the wait for it; "unprotected" runs without one. */
type Obtained = Exclude<ClaimResult, { kind: "running" }> | { readonly kind: "unprotected" };

/**
 * Runs each request_id once (AIP-155), whatever callers repeat, in whichever
 * replica, whenever a process dies:
 *
 * - A claim stands in the store before the operation runs. It is settled by how
 *   the operation ended, or released where nothing was carried out, no matter
 *   whether the caller is still there to see it.
 * - A repeat gets what was recorded. One that comes early waits for it, within
 *   its own deadline.
 * - A claim that nobody ended in time is an unknown outcome, and stays one.
 *
 * Calls without a request_id pass, whatever state the store is in.
 */
export function createIdempotency(options: IdempotencyOptions): Idempotency {
  const { clock, store, outage, onLookup } = options;
  const claimFromCall = createClaimFromCall(options.hashKeys);
  const records = createRecordSeal(options.hashKeys);
  const running = new Set<Promise<unknown>>();

  /** Claims; while another call runs, waits and claims again. */
  async function obtain(unary: UnaryCall, claim: Claim): Promise<Obtained> {
    const { call, method } = unary;
    for (let pauseMs = pauseMsMin; ; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      const isWaiting = pauseMs > pauseMsMin;
      const result = await look(unary, claim, isWaiting);
      // Whoever gives up waiting must not be told that nothing was sent.
      call.progress.isOutcomeOpen = result.kind === "running" && isUnsafe(method);
      if (result.kind !== "running") {
        onLookup?.(method, result.kind === "settled" && isWaiting ? "waited" : foundBy[result.kind]);
        return result;
      }
      await sleep(clock, pauseMs);
    }
  }

  async function look(unary: UnaryCall, claim: Claim, isWaiting: boolean): Promise<ClaimResult | Obtained> {
    const { call, method } = unary;
    if (call.progress.isAbandoned) {
      if (isWaiting) {
        onLookup?.(method, "waited");
      }
      throw new Fault("cancelled");
    }
    try {
      const result = await store.claim(claim, leaseMs(unary));
      outage.end();
      call.progress.isRepeatable = true;
      return result;
    } catch (cause) {
      outage.begin(cause);
      // What was running may still be: neither "nothing was sent" nor a second run would be right.
      if (isWaiting) {
        return { kind: "running" };
      }
      if (options.onStoreFailure === "allow") {
        return { kind: "unprotected" };
      }
      onLookup?.(method, "store_down");
      // It may have been written although no answer came.
      store.release(claim).catch(() => {});
      throw new Fault("store-unavailable", { retryAfterMs, cause });
    }
  }

  /** Beyond this, the process that claimed is dead: its attempts would have ended before. */
  function leaseMs({ call, method }: UnaryCall): number {
    const untilDeadlineMs = Math.max(0, call.progress.deadlineAtMs - clock.nowMs());
    const repairMs = method === UserAPI.method.createUser ? options.repairMsMax : 0;
    return untilDeadlineMs + options.unsafeAttemptTimeoutMs + repairMs + leaseMarginMs;
  }

  async function run(next: UnaryHandler, unary: UnaryCall, claim: Claim): Promise<Outcome> {
    const outcome = await outcomeOf(next, unary);
    const recorded = recordedOutcome(outcome, unary.call.progress);
    try {
      if (recorded === undefined) {
        await store.release(claim);
      } else {
        await store.settle(claim, records.seal(claim, recordFromOutcome(unary.method.output, recorded)));
      }
    } catch (cause) {
      // The caller gets the true answer all the same; repeats will find that the lease has ended.
      outage.begin(cause);
    }
    return outcome;
  }

  /** What is safe to repeat runs again, and knows that it may have run; it can't be recorded any more. */
  async function afterUnknown(next: UnaryHandler, unary: UnaryCall, unknown: Outcome): Promise<Outcome> {
    if (isUnsafe(unary.method)) {
      return unknown;
    }
    unary.call.progress.isAnswerLost = true;
    return await outcomeOf(next, unary);
  }

  async function protect(next: UnaryHandler, unary: UnaryCall, claim: Claim): Promise<Outcome> {
    const result = await obtain(unary, claim);
    if (isKnown(result)) {
      const instead = await options.onRepeat?.(unary, result.kind !== "other-payload");
      if (instead !== undefined) {
        return { response: instead };
      }
    }
    switch (result.kind) {
      case "claimed":
      case "unprotected": {
        const ending = run(next, unary, claim);
        running.add(ending);
        return await ending.finally(() => running.delete(ending));
      }
      case "settled": {
        const outcome = outcomeFromRecord(unary.method.output, records.open(claim, result.record), result.ageMs);
        return isUnknown(outcome) ? await afterUnknown(next, unary, outcome) : outcome;
      }
      case "lapsed":
        return await afterUnknown(next, unary, { fault: new Fault("outcome-unknown") });
      case "other-payload":
        return { fault: new Fault("request-id-reused") };
      case "barred":
        return { fault: new Fault("caller-rate-limited", { publicMessage: barredMessage }) };
      case "full":
        return { fault: new Fault("store-unavailable", { retryAfterMs }) };
    }
  }

  return {
    layer: (next) => (unary) => {
      const claim = claimFromCall(unary);
      return claim === undefined ? next(unary) : protect(next, unary, claim).then(responseOf);
    },
    async idle() {
      await Promise.all(running);
    },
  };
}

const foundBy: Readonly<Record<Obtained["kind"], Found>> = {
  claimed: "new",
  unprotected: "store_down",
  settled: "replayed",
  lapsed: "lapsed",
  "other-payload": "reused",
  barred: "reused",
  full: "store_full",
};

/** Whether somebody has used the request_id before, and what became of that is no secret to whoever repeats it. */
function isKnown({ kind }: Obtained): boolean {
  return kind === "settled" || kind === "lapsed" || kind === "other-payload" || kind === "barred";
}

function isUnknown(outcome: Outcome): boolean {
  return "fault" in outcome && outcome.fault.kind === "outcome-unknown";
}

async function outcomeOf(next: UnaryHandler, unary: UnaryCall): Promise<Outcome> {
  try {
    return { response: await next(unary) };
  } catch (error) {
    return { fault: faultFromError(error) };
  }
}

function responseOf(outcome: Outcome): Message {
  if ("fault" in outcome) {
    throw outcome.fault;
  }
  return outcome.response;
}

function isUnsafe({ idempotency }: DescMethod): boolean {
  return idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN;
}
