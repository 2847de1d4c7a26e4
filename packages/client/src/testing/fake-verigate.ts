import { createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import { markSent } from "../call-record.ts";
import { defaultDeadlineMs } from "../client-options.ts";
import { fillRequestId } from "../request-id.ts";
import { clientOver, type VerigateClient } from "../verigate-client.ts";
import { createAuthentications, type FakePin, type ThrottleOptions } from "./fake-authentications.ts";
import { createDirectory } from "./fake-directory.ts";
import {
  createFailures,
  errorFromFailure,
  type FakeDisconnect,
  type FakeFailure,
  lostConnection,
} from "./fake-failures.ts";
import { replayRequestIds } from "./fake-replay.ts";
import { type FakeMethod, type FakeRequest, rememberRequests } from "./fake-requests.ts";
import { validateRequests } from "./fake-validation.ts";

/** A gateway in memory, with a provider and users' phones behind it. */
export interface FakeVerigate {
  /** A client of it, like the one of `createVerigateClient`. */
  readonly client: VerigateClient;
  /** What arrived, in order, including what was refused. */
  readonly requests: readonly FakeRequest[];
  /** The PINs that reached users, in order. */
  readonly pins: readonly FakePin[];
  /** The PIN that reached a user last. Throws where none did. */
  lastPin(userId: string): string;
  /** Lets a user's PIN expire. Throws where there is none. */
  expire(userId: string): void;
  /** Lets a user's next guesses go unseen: they are answered THROTTLED. */
  throttle(userId: string, options?: ThrottleOptions): void;
  /** Pairs an authenticator app with a user's phone. Without one, TOTP falls back to SMS. */
  pairApp(userId: string): void;
  /** Lets the next calls of a method fail. Failures that are asked for one after the other come one after the other. */
  fail(method: FakeMethod, failure: FakeFailure): void;
  /** Cuts off the next calls of a method: their error says UNAVAILABLE and has no ErrorInfo. */
  disconnect(method: FakeMethod, options?: FakeDisconnect): void;
}

/**
 * Makes a gateway for tests: no network, no clock, no state outside of it.
 *
 * It keeps the contract: requests are validated, a PIN works once, errors carry
 * the gateway's details, a repeated request_id is replayed. It has no limits of
 * its own: `throttle` and `fail` stand for them.
 */
export function createFakeVerigate(): FakeVerigate {
  const requests: FakeRequest[] = [];
  const directory = createDirectory();
  const authentications = createAuthentications(directory);
  const failures = createFailures(errorFromFailure);
  const disconnects = createFailures<FakeDisconnect>(lostConnection);

  const transport = createRouterTransport(
    (router) => {
      router.service(ServiceAPI, directory.services);
      router.service(UserAPI, directory.users);
      router.service(AuthAPI, authentications.auth);
    },
    {
      router: {
        // Outermost first.
        interceptors: [
          // What is refused was received, too.
          rememberRequests(requests),
          validateRequests,
          // Only the caller's end is lost: what the gateway answered is recorded.
          disconnects.interceptor,
          replayRequestIds(),
          // Stands for the provider and its limits, which a replayed answer does not meet again.
          failures.interceptor,
        ],
      },
      transport: { interceptors: [fillRequestId, startSending], defaultTimeoutMs: defaultDeadlineMs },
    },
  );
  return {
    client: clientOver(transport, () => {}),
    requests,
    pins: authentications.pins,
    lastPin(userId) {
      const last = authentications.pins.findLast((one) => one.userId === userId);
      if (last === undefined) throw new Error(`no PIN was sent to ${userId}`);
      return last.pin;
    },
    expire: authentications.expire,
    throttle: (userId, options = {}) => authentications.throttle(userId, options),
    pairApp: authentications.pairApp,
    fail: failures.add,
    disconnect: (method, options = {}) => disconnects.add(method, options),
  };
}

const startSending: Interceptor = (next) => (req) => {
  markSent();
  return next(req);
};
