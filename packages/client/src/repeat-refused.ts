import type { Interceptor } from "@connectrpc/connect";
import { markUnsent, wasRefused } from "./call-record.ts";

/** A gateway that stops refuses what comes too late, and the next connection leads to another one. */
const triesMax = 3;

/**
 * Repeats a call that the gateway refused without looking at it: a stream that was
 * reset with REFUSED_STREAM, or was opened after the last one that a GOAWAY lets
 * in. Nothing of it was carried out (RFC 9113, 8.7), so this is safe for every
 * call, and what is sent is the same, `request_id` included. That is all that is ever repeated.
 *
 * It stands innermost, so that nothing else of a call happens twice.
 */
export const repeatRefused: Interceptor = (next) => async (req) => {
  for (let tries = 1; ; tries += 1) {
    try {
      markUnsent();
      return await next(req);
    } catch (error) {
      if (tries === triesMax || req.signal.aborted || !wasRefused()) throw error;
    }
  }
};
