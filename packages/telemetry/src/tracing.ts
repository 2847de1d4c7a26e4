import type { Logger } from "./logger.ts";
import type { TraceParent } from "./trace-parent.ts";

/** Which of the traces that begin here are recorded, by OpenTelemetry's names. */
export const samplerNames = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof samplerNames)[number];

export interface TracingOptions {
  /** Where spans are posted, by OTLP over HTTP in Protobuf: the whole URL. */
  readonly url: string;
  /** Sent along; may hold credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** The share of traces that the samplers `traceidratio` record, from 0 to 1. */
  readonly ratio: number;
  readonly batch: {
    /** The longest that a span waits for others, in milliseconds. */
    readonly delayMs: number;
    /** How long one delivery may take, its repeats included, in milliseconds. */
    readonly exportTimeoutMs: number;
    /** The most spans that wait; more are dropped. */
    readonly queueMax: number;
    /** The most spans of one delivery. */
    readonly sizeMax: number;
  };
  /** What the spans come from, such as `service.name`. */
  readonly resource: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** Makes spans, in the terms of OpenTelemetry's semantic conventions 1.45, and delivers them. */
export interface Tracing {
  startRpc(start: RpcStart): RpcSpan;
  startAttempt(start: AttemptStart): AttemptSpan;
  /** Delivers what has not been delivered. Never fails; takes as long as a delivery may take. */
  close(): Promise<void>;
}

export interface RpcStart {
  readonly system: "grpc" | "connectrpc";
  /** Such as `verigate.v1.AuthAPI/VerifyPin`; undefined where there is no such method. */
  readonly method: string | undefined;
  /** The caller's span, where it named one. */
  readonly parent: TraceParent | undefined;
}

export interface RpcSpan {
  readonly traceId: string;
  readonly isSampled: boolean;
  /** For the attempts' `parent`. */
  readonly context: object;
  /** `status` as the RPC system spells it, where it has one. */
  end(end: { readonly status: string | undefined; readonly isError: boolean }): void;
}

export interface AttemptStart {
  /** Of the HTTP request. */
  readonly method: string;
  readonly server: { readonly address: string; readonly port: number };
  /** URL and path without a part that the caller gave: such a part may be a phone number. */
  readonly redactedUrl: string;
  readonly pathTemplate: string;
  /** How many requests of the same call were sent before. */
  readonly resends: number;
  /** An RPC's `context`; without one, a trace begins here. */
  readonly parent: object | undefined;
}

export interface AttemptSpan {
  /** Names this span to the upstream. */
  readonly traceparent: string;
  /** With the answer's status, or with a name for why there is none, or with neither where nobody wanted one any more. */
  end(end: { readonly status?: number; readonly error?: string }): void;
}
