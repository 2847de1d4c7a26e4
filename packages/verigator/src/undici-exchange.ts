import type { Clock, Exchange } from "@verigate/call";
import { AttemptHandler } from "./undici-handler.ts";
import { createLanes, freeLane, type LanesOptions } from "./undici-lanes.ts";

export interface UndiciExchangeOptions extends LanesOptions {
  readonly clock: Clock;
}

export interface UndiciExchange {
  readonly exchange: Exchange;
  /** From now on, connections are made with these certificates to trust; older ones end with the requests on them. */
  trust(ca: NonNullable<LanesOptions["ca"]>): void;
  /** Ends all connections; what is in flight fails as if the upstream had closed them. */
  close(): Promise<void>;
}

/**
 * Sends attempts over HTTP/1.1.
 *
 * Whether a request was "sent" is told by undici's onRequestStart, which fires
 * on a live connection before the first byte; no error code tells it. Resent by
 * undici is nothing: no HTTP/2 (it repeats refused streams), no pipelining, and
 * redirects are answers like any other.
 */
export function createUndiciExchange(options: UndiciExchangeOptions): UndiciExchange {
  const { origin } = options.origin;
  const basePath = options.origin.pathname.replace(/\/$/, "");
  let lanes = createLanes(options);
  const open = new Set(lanes);
  return {
    exchange: (attempt) =>
      new Promise((resolve, reject) => {
        const lane = freeLane(lanes);
        lane.requests += 1;
        lane.dispatcher.dispatch(
          {
            origin,
            path: basePath + attempt.path,
            method: attempt.method,
            headers: attempt.headers,
            body: attempt.body ?? null,
          },
          new AttemptHandler({ attempt, clock: options.clock, lane, resolve, reject }),
        );
      }),
    trust(ca) {
      const last = lanes;
      lanes = createLanes({ ...options, ca });
      for (const lane of lanes) {
        open.add(lane);
      }
      for (const lane of last) {
        const forget = () => open.delete(lane);
        lane.dispatcher.close().then(forget, forget);
      }
    },
    async close() {
      await Promise.all([...open].map(({ dispatcher }) => dispatcher.destroy()));
    },
  };
}
