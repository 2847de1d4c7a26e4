import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { FakeMethod } from "./fake-requests.ts";
import { type FakeReason, gatewayError } from "./gateway-error.ts";

/** How calls shall be cut off: with an error that has no ErrorInfo, as libraries make it up. */
export interface FakeDisconnect {
  /** How many calls. Default 1. */
  readonly times?: number;
  /** Whether the call is carried out first, so that only its answer is lost. Default false. */
  readonly isCarriedOut?: boolean;
}

/** How the gateway shall let calls fail. */
export interface FakeFailure extends FakeDisconnect {
  readonly reason: FakeReason;
  /** Default: the reason's own. */
  readonly code?: Code;
  /** Adds a google.rpc.RetryInfo. */
  readonly retryAfterMs?: number;
}

/** Failures that are still to come, by method, in the order in which they were asked for. */
export interface FakeFailures<Failure> {
  readonly interceptor: Interceptor;
  add(method: FakeMethod, failure: Failure): void;
}

/** Makes calls fail with what `errorFrom` makes of a failure. */
export function createFailures<Failure extends FakeDisconnect>(
  errorFrom: (failure: Failure) => ConnectError,
): FakeFailures<Failure> {
  const pending: { readonly method: string; readonly failure: Failure; left: number }[] = [];
  return {
    interceptor: (next) => async (req) => {
      const due = pending.find(({ method, left }) => method === req.method.name && left > 0);
      if (due === undefined) return next(req);
      due.left -= 1;
      if (due.failure.isCarriedOut === true) await next(req);
      throw errorFrom(due.failure);
    },
    add(method, failure) {
      pending.push({ method, failure, left: failure.times ?? 1 });
    },
  };
}

export function errorFromFailure({ reason, code, retryAfterMs }: FakeFailure): ConnectError {
  return gatewayError(reason, { code, retryAfterMs });
}

export function lostConnection(): ConnectError {
  return new ConnectError("connection lost (fake)", Code.Unavailable);
}
