import { AsyncLocalStorage } from "node:async_hooks";
import { type ClientHttp2Stream, constants } from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";

/** What is known of the call that an error ended. */
export interface CallRecord {
  readonly method: DescMethod;
  /** Whether any part of the request may have left the process, and was not refused unseen. */
  readonly isSent: boolean;
}

/** A call that runs. */
interface RunningCall {
  isSent: boolean;
  /** Undefined before it is sent, and where calls never leave the process. */
  stream: ClientHttp2Stream | undefined;
}

const unsent: RunningCall = { isSent: false, stream: undefined };
const running = new AsyncLocalStorage<RunningCall>();
const records = new WeakMap<ConnectError, CallRecord>();

/** Notes that from here on the running call may reach the gateway, by this stream. */
export function markSent(stream?: ClientHttp2Stream): void {
  const call = running.getStore();
  if (call !== undefined) Object.assign(call, { isSent: true, stream });
}

/** Notes that the running call is about to be sent, perhaps again. */
export function markUnsent(): void {
  const call = running.getStore();
  if (call !== undefined) Object.assign(call, unsent);
}

/** Whether the running call had a connection, and was refused before anything looked at it. */
export function wasRefused(): boolean {
  return isRefused(running.getStore()?.stream);
}

/**
 * Of a stream that has ended. REFUSED_STREAM is what a gateway says, and what Node
 * makes of a stream past the last one that a GOAWAY lets in, or kept back by one.
 * On a connection that had just begun to close, a stream does not even get an id.
 *
 * The same code as the error of a whole connection, which all its streams then
 * have, means nothing: those were open.
 */
function isRefused(stream: ClientHttp2Stream | undefined): boolean {
  if (stream === undefined) return false;
  if (stream.id === undefined) return true;
  const error: NodeJS.ErrnoException | null = stream.errored;
  return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && error?.code === "ERR_HTTP2_STREAM_ERROR";
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
      const call = { ...unsent };
      try {
        if (signal?.aborted === true) throw ConnectError.from(signal.reason, Code.Canceled);
        return await running.run(call, () => transport.unary(method, signal, ...rest));
      } catch (reason) {
        const error = ownError(ConnectError.from(reason));
        records.set(error, { method, isSent: call.isSent && !isRefused(call.stream) });
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
