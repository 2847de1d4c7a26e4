import { AsyncLocalStorage } from "node:async_hooks";
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** What is known of the call that an error ended. */
export interface CallRecord {
  readonly method: DescMethod;
  /** Whether any part of the request may have left the process. */
  readonly isSent: boolean;
}

const running = new AsyncLocalStorage<{ isSent: boolean }>();
const records = new WeakMap<ConnectError, CallRecord>();

/** Notes that from here on the running call may reach the gateway. */
export function markSent(): void {
  const call = running.getStore();
  if (call !== undefined) call.isSent = true;
}

/** The record of the call that `error` ended; undefined for an error of something else. */
export function recordOf(error: unknown): CallRecord | undefined {
  return error instanceof ConnectError ? records.get(error) : undefined;
}

/**
 * Keeps a {@link CallRecord} for every error that leaves `transport`.
 *
 * It stands around the transport, not among its interceptors, because at a
 * deadline or a cancellation the transport throws away what they threw. It
 * starts no call whose signal is aborted already.
 */
export function recordCalls(transport: Transport): Transport {
  return {
    async unary(method, signal, ...rest) {
      const call = { isSent: false };
      try {
        if (signal?.aborted === true) throw ConnectError.from(signal.reason, Code.Canceled);
        return await running.run(call, () => transport.unary(method, signal, ...rest));
      } catch (reason) {
        const error = ownError(ConnectError.from(reason));
        records.set(error, { method, isSent: call.isSent });
        throw error;
      }
    },
    stream: transport.stream,
  };
}

/** connect-node throws one error object at every call that waited for the same connection: each gets its own. */
function ownError(error: ConnectError): ConnectError {
  if (!records.has(error)) return error;
  const copy = new ConnectError(error.rawMessage, error.code, error.metadata, undefined, error.cause);
  copy.details = error.details;
  return copy;
}
