import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { trailerFlag, trailerParse, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { Call, Layer } from "@verigate/call";
import type { HttpCall, Reply } from "@verigate/rpc-server";
import type { DefinitionJson, HeaderJson } from "./suite-types.ts";

/** Headers and trailers of unary answers. */
export interface AnswerMetadata {
  /** Has the answer to a call carry those that its request asks for. */
  add(call: Call, definition: DefinitionJson): void;
  readonly layer: Layer<HttpCall, Reply>;
}

/**
 * Adds to unary answers the metadata that the suite asks for. The gateway's own
 * answers have none, so that neither of its doors takes any from an operation: it
 * is added here to what they have made of the call.
 */
export function createAnswerMetadata(): AnswerMetadata {
  const definitions = new WeakMap<Call, DefinitionJson>();
  return {
    add: (call, definition) => definitions.set(call, definition),
    layer: (next) => async (call) => {
      const reply = await next(call);
      const { responseHeaders = [], responseTrailers = [] } = definitions.get(call) ?? {};
      if (reply.kind === "stream") {
        return reply;
      }
      const headers = appended(reply.headers, responseHeaders);
      switch (call.protocol) {
        case "connect": {
          const trailers = responseTrailers.map(({ name, value }) => ({ name: `trailer-${name}`, value }));
          return { ...reply, headers: appended(headers, trailers) };
        }
        case "grpc-web":
          return reply.body === undefined || typeof reply.body === "string"
            ? { ...reply, headers }
            : { ...reply, headers, body: withWebTrailers(reply.body, responseTrailers) };
        default:
          return reply.trailers === undefined
            ? { ...reply, headers: appended(headers, responseTrailers) }
            : { ...reply, headers, trailers: appended(reply.trailers, responseTrailers) };
      }
    },
  };
}

function appended(headers: Readonly<Record<string, string>>, more: readonly HeaderJson[]): Record<string, string> {
  const all = new Headers(headers);
  for (const { name, value } of more) {
    for (const each of value) {
      all.append(name, each);
    }
  }
  return Object.fromEntries(all);
}

/** Rewrites the last envelope of a body of gRPC-Web. */
function withWebTrailers(body: Uint8Array, trailers: readonly HeaderJson[]): Uint8Array {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  let start = 0;
  while (view.getUint8(start) !== trailerFlag) {
    start += 5 + view.getUint32(start + 1);
  }
  const all = appended(Object.fromEntries(trailerParse(body.subarray(start + 5))), trailers);
  return Buffer.concat([body.subarray(0, start), encodeEnvelope(trailerFlag, trailerSerialize(new Headers(all)))]);
}
