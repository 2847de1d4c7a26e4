import { create, type Message } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { after, type Eventual, faultFromError, type Layer, rejecting } from "@verigate/call";
import {
  AuthAPI,
  AuthMethod,
  ThrottledBy,
  VerifyFailure,
  type VerifyPinRequest,
  type VerifyPinResponse,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import type { UnaryCall, UnaryHandler } from "@verigate/rpc-server";
import type { Settlement, Tally } from "../store/limit-store.ts";
import type { Allowance } from "./allowance.ts";
import type { Book, Denied, Granted, PlannedDemand } from "./booking.ts";
import { endUserDemands } from "./end-user.ts";
import type { LimitKeys, SubjectHashes, UserKeys } from "./limit-keys.ts";
import { pumpingOf } from "./pumping.ts";
import { settlementOfFault } from "./settlement-of-fault.ts";
import { sprayingOf } from "./spraying.ts";

export interface GuessBudgetOptions {
  readonly book: Book;
  readonly keys: LimitKeys;
  /** Shortest first; none is no limit. */
  readonly allowances: readonly Allowance[];
  /** Whether PINs that are used are to be told apart by country. */
  readonly hasPumping: boolean;
  readonly onSpraying: (serviceId: string) => void;
}

export interface GuessBudget {
  readonly layer: Layer<UnaryCall, Message>;
  /** See {@link IdempotencyOptions.onRepeat}. */
  onRepeat(unary: UnaryCall, isSame: boolean): Promise<Message | undefined>;
}

/**
 * Bounds the guesses at a user, whatever is resent, repeated or restarted in
 * between. Each takes a place in the budget before the provider is asked, so
 * that guesses at the same time can't pass it together, and the answer decides:
 *
 * - wrong, expired, throttled by the provider, or unknown: it stays;
 * - of an auth_id that names nothing: it stays for the shortest time, in a budget
 *   of guesses at auth_ids, else whoever makes some up without end would hold the
 *   user's places all the time;
 * - provably not sent, or refused with another 4xx: it is given back;
 * - right: it is given back, and what counts in the shortest time is forgotten.
 *   What counts in the longer one is not: else whoever may log in could guess at
 *   will in between.
 *
 * An exhausted budget is an answer, not an error.
 */
export function createGuessBudget(options: GuessBudgetOptions): GuessBudget {
  const { book, keys, allowances, hasPumping, onSpraying } = options;
  const windows = allowances.map((allowance, index) => ({
    ...allowance,
    limit: "guesses" as const,
    isClearable: index === 0,
  }));

  const what = "guesses";
  const budget = { prefix: "guesses", windows, what, isAttempt: false };
  /** Of guesses at an auth_id. What names nothing has no place for longer than the shortest time. */
  const atIdsBudget = { prefix: "guesses_at_ids", windows: windows.slice(0, 1), what, isAttempt: true };

  function demandsOf({ userId, authId, endUser }: VerifyPinRequest, userKeys: UserKeys): readonly PlannedDemand[] {
    if (windows.length === 0) {
      return [];
    }
    const budgets = authId === undefined ? [budget] : [atIdsBudget, budget];
    const demands = endUserDemands(userKeys, endUser, budgets);
    for (const { prefix, isAttempt, windows: ofBudget } of budgets) {
      for (const hash of userKeys.user) {
        const whom = `user:${userId}`;
        demands.push({ kind: "log", key: `${prefix}:${hash}`, isAttempt, windows: ofBudget, whom, what });
      }
    }
    return demands;
  }

  function verify(next: UnaryHandler, unary: UnaryCall): Promise<Message> {
    const request = unary.message as VerifyPinRequest;
    const userKeys = keys.ofUser(request);
    const demands = demandsOf(request, userKeys);
    const booking = book(unary.call, {
      demands,
      users: hasPumping ? userKeys.phoneOf : [],
      tallies: demands.length === 0 ? [] : sprayingOf(userKeys.service).tallies,
    });
    return after(booking, (made) =>
      made.kind === "denied"
        ? Promise.resolve(throttled(request, made))
        : guess(next, unary).then(
            (response) => settled(request, userKeys, made, response),
            (error) => lost(unary, made, error),
          ),
    );
  }

  function settled(
    request: VerifyPinRequest,
    { service }: UserKeys,
    booking: Granted,
    response: VerifyPinResponse,
  ): Eventual<VerifyPinResponse> {
    if (response.verified) {
      return after(settle(booking, "clear", tallyRight(service, response)), () => response);
    }
    const tally = response.failure === VerifyFailure.INVALID ? tallyWrong(request, service, booking) : [];
    return after(settle(booking, "keep", tally), () => withRoom(response, booking));
  }

  function lost({ call }: UnaryCall, booking: Granted, error: unknown): Eventual<never> {
    return after(settle(booking, settlementOfFault(faultFromError(error), call.progress), []), () => {
      throw error;
    });
  }

  function tallyRight(service: SubjectHashes, { method }: VerifyPinResponse): readonly Tally[] {
    const [, verified] = sprayingOf(service).tallies;
    const [, used] = pumpingOf(service).tallies;
    return [...(windows.length === 0 ? [] : [verified]), ...(hasPumping && method === AuthMethod.SMS ? [used] : [])];
  }

  function tallyWrong({ serviceId }: VerifyPinRequest, service: SubjectHashes, booking: Granted): readonly Tally[] {
    if (!isFirst(booking)) {
      return [];
    }
    const spraying = sprayingOf(service);
    if (spraying.isSuspected(booking.tallied)) {
      onSpraying(serviceId);
    }
    const [sprayed] = spraying.tallies;
    return [sprayed];
  }

  /** Whether the user has guessed wrong no other time of late. The user's own budget stands last. */
  function isFirst({ states }: Granted): boolean {
    return states.length > 0 && states.at(-1)?.[0]?.left === windows[0]?.max;
  }

  return {
    layer: (next) => (unary) =>
      unary.method === AuthAPI.method.verifyPin && (windows.length > 0 || hasPumping)
        ? verify(next, unary)
        : next(unary),
    async onRepeat(unary, isSame) {
      if (unary.method !== AuthAPI.method.verifyPin || windows.length === 0) {
        return undefined;
      }
      const request = unary.message as VerifyPinRequest;
      const booking = await book(unary.call, { demands: demandsOf(request, keys.ofUser(request)) });
      if (booking.kind === "denied") {
        return throttled(request, booking);
      }
      await booking.settle({ how: isSame ? "give-back" : "keep", tallies: [] });
      return undefined;
    },
  };
}

const guess = (next: UnaryHandler, unary: UnaryCall) => rejecting(next, unary) as Promise<VerifyPinResponse>;

function settle(booking: Granted, how: Settlement["how"], tallies: readonly Tally[]): Eventual<void> {
  const { country } = booking;
  return booking.settle({ how, tallies: tallies.map((tally) => ({ tally, country })) });
}

/** The PIN was not looked at. */
function throttled({ method }: VerifyPinRequest, { retryAfterMs }: Denied): Message {
  return create(VerifyPinResponseSchema, {
    method,
    failure: VerifyFailure.THROTTLED,
    throttledBy: ThrottledBy.GATEWAY,
    retryAfter: durationFromMs(Math.ceil(retryAfterMs)),
    checksLeft: 0,
  });
}

/** With what is left of the budget. Of the provider's own limit nothing is known. */
function withRoom(response: VerifyPinResponse, { left, nextMs }: Granted): VerifyPinResponse {
  if (left === undefined || nextMs === undefined || response.failure === VerifyFailure.THROTTLED) {
    return response;
  }
  response.checksLeft = left;
  if (left === 0) {
    response.retryAfter = durationFromMs(Math.ceil(nextMs));
  }
  return response;
}
