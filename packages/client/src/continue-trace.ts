import type { Interceptor } from "@connectrpc/connect";

type TraceApi = typeof import("@opentelemetry/api");

/** Loaded at the first call, and at most once; undefined in a program that has no OpenTelemetry. */
let loading: Promise<TraceApi | undefined> | undefined;

/**
 * Makes each call part of the trace that the program is in: the propagator that
 * the program registered with OpenTelemetry writes the headers (`traceparent`,
 * `tracestate`). A program without OpenTelemetry, or without a running trace,
 * sends none; a `traceparent` that the caller gave stays as it is.
 */
export const continueTrace: Interceptor = (next) => async (req) => {
  loading ??= import("@opentelemetry/api").catch(() => undefined);
  const api = await loading;
  if (api !== undefined && !req.header.has("traceparent")) {
    api.propagation.inject(api.context.active(), req.header, { set: (header, name, value) => header.set(name, value) });
  }
  return next(req);
};
