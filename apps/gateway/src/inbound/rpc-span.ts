import { Code } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { faultFromError, type Layer } from "@verigate/call";
import type { HttpCall, Outcome, Reply } from "@verigate/rpc-server";
import { type TraceParent, type Tracing, traceParentFromHeader } from "@verigate/telemetry";

export interface RpcSpanOptions {
  /** What makes spans; undefined where traces are off. */
  readonly tracing: Tracing | undefined;
  /** Whether a caller's `traceparent` is believed. Its `tracestate` and baggage, which may hold any text, never are. */
  readonly isContextRead: boolean;
}

/** What is asked every few seconds by machines, and would drown all other traces. */
const untracedService = "grpc.health.v1.Health";

/** The statuses that are the server's trouble (semantic conventions of gRPC and Connect spans). */
const errorCodes: readonly (Code | 0)[] = [
  Code.Unknown,
  Code.DeadlineExceeded,
  Code.Unimplemented,
  Code.Internal,
  Code.Unavailable,
  Code.DataLoss,
];

/**
 * Makes a call part of its caller's trace, and a span of it. Where traces are
 * off, only the caller's trace is noted, for the log.
 */
export function rpcSpan({ tracing, isContextRead }: RpcSpanOptions): Layer<HttpCall, Reply> {
  return (next) => (call) => {
    const parent = isContextRead ? traceParentFromHeader(call.headers.traceparent) : undefined;
    if (tracing !== undefined && call.service !== untracedService && call.protocol !== "http") {
      return traced(tracing, parent, call, next);
    }
    if (parent !== undefined) {
      call.progress.traceId = parent.traceId;
      call.progress.isTraceSampled = parent.isSampled;
    }
    return next(call);
  };
}

async function traced(
  tracing: Tracing,
  parent: TraceParent | undefined,
  call: HttpCall,
  next: (call: HttpCall) => Promise<Reply>,
): Promise<Reply> {
  const { progress } = call;
  const isConnect = call.protocol === "connect";
  const span = tracing.startRpc({
    system: isConnect ? "connectrpc" : "grpc",
    method: call.method === "" ? undefined : `${call.service}/${call.method}`,
    parent,
  });
  progress.traceId = span.traceId;
  progress.isTraceSampled = span.isSampled;
  progress.traceContext = span.context;
  const end = ({ code }: Outcome) =>
    span.end({ status: isConnect ? connectStatus(code) : grpcStatus(code), isError: errorCodes.includes(code) });
  try {
    const reply = await next(call);
    Promise.resolve(reply.outcome).then(end, () => end({ code: Code.Internal }));
    return reply;
  } catch (error) {
    end({ code: Code.Internal, fault: faultFromError(error) });
    throw error;
  }
}

/** Connect has no status for what went well. */
function connectStatus(code: Code | 0): string | undefined {
  return code === 0 ? undefined : codeToString(code);
}

function grpcStatus(code: Code | 0): string {
  if (code === Code.Canceled) {
    return "CANCELLED";
  }
  return code === 0 ? "OK" : codeToString(code).toUpperCase();
}
