import type { Code } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { Fault } from "@verigate/call";
import type { NodeRequest, NodeResponse } from "./node-http.ts";

/** How a call ended. `code` 0 is OK. */
export interface Outcome {
  readonly code: Code | 0;
  /** What went wrong, where something did. */
  readonly fault?: Fault;
}

/** What goes back to a caller. */
export type Reply = WholeReply | StreamReply;

/** An answer that is complete. */
export interface WholeReply {
  readonly kind: "whole";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, or text, which goes out as UTF-8. */
  readonly body?: Uint8Array | string;
  readonly trailers?: Readonly<Record<string, string>>;
  readonly outcome: Outcome;
}

/** An answer that goes on: the writer settles `outcome` when it has ended. */
export interface StreamReply {
  readonly kind: "stream";
  readonly response: UniversalServerResponse;
  /** Where it goes. */
  readonly node: { readonly request: NodeRequest; readonly response: NodeResponse };
  readonly outcome: Promise<Outcome>;
  readonly settle: (outcome: Outcome) => void;
}

/** A refusal in terms of HTTP alone, for a request that belongs to no RPC protocol. It has no body. */
export function plainReply(status: number, outcome: Outcome, headers: Record<string, string> = {}): WholeReply {
  return { kind: "whole", status, headers, outcome };
}

export function streamReply(response: UniversalServerResponse, node: StreamReply["node"]): StreamReply {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  return { kind: "stream", response, node, outcome: promise, settle: resolve };
}

/** Adds headers to a reply that has not been written yet. */
export function withHeaders(reply: Reply, headers: Readonly<Record<string, string>>): Reply {
  if (reply.kind === "whole") {
    return { ...reply, headers: { ...reply.headers, ...headers } };
  }
  for (const [name, value] of Object.entries(headers)) {
    reply.response.header?.set(name, value);
  }
  return reply;
}
