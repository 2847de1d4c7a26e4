import { after, type Call, Fault, type Handler, type Layer } from "@verigate/call";
import type { Book } from "./booking.ts";
import type { LimitKeys } from "./limit-keys.ts";

export interface CallerRateOptions {
  /** One that lets calls go on while the store is down: this limit guards capacity, and no user. */
  readonly book: Book;
  readonly keys: LimitKeys;
  /** Calls of one caller in any second; 0 is no limit. */
  readonly perSecond: number;
}

const windowMs = 1_000;
/** Asked by machines that have no caller's name, and that must get an answer. */
const healthService = "grpc.health.v1.Health";

/** Refuses calls of a caller that makes too many: `caller-rate-limited`. */
export function callerRate<AnyCall extends Call, Answer>(options: CallerRateOptions): Layer<AnyCall, Answer> {
  const { book, keys, perSecond } = options;
  const windows = [{ max: perSecond, windowMs, limit: "caller_rps" as const }];
  if (perSecond === 0) {
    return (next) => next;
  }
  const limited = (next: Handler<AnyCall, Answer>, call: AnyCall): Promise<Answer> => {
    const { caller } = call.progress;
    const booking = book(call, {
      demands: keys.ofCaller(caller).map((hash) => ({
        kind: "count" as const,
        key: `caller_rps:${hash}`,
        windows,
        whom: `caller:${caller}`,
        what: "calls",
      })),
      isFinal: true,
    });
    return after(booking, (made) => {
      if (made.kind === "denied") {
        const quota = { subject: made.whom, description: `${made.what}: ${perSecond}/1s` };
        throw new Fault("caller-rate-limited", { retryAfterMs: made.retryAfterMs, quota });
      }
      return next(call);
    });
  };
  return (next) => (call) => (call.service === healthService ? next(call) : limited(next, call));
}
