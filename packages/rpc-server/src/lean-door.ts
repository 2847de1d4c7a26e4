import { fromBinary, fromJsonString, type Message, toBinary, toJsonString } from "@bufbuild/protobuf";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { compressionGzip } from "@connectrpc/connect-node";
import type { jsonReadOptions } from "./explain-decode-error.ts";
import type { HttpCall } from "./http-call.ts";
import type { WholeReply } from "./reply.ts";
import type { UnaryMethod } from "./unary-routes.ts";

export interface LeanDoorOptions {
  /** The methods that it may serve, by path. */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  /** The most bytes a message may have. */
  readonly requestBytesMax: number;
  /** Answers of at least so many bytes are compressed for those who can read it. */
  readonly compressMinBytes: number;
  /** How JSON is read and written. */
  readonly json: { readonly read: typeof jsonReadOptions; readonly write: Parameters<typeof toJsonString>[2] };
}

/**
 * Serves a call whose body has been read; undefined where the router has to.
 * Rejects with what the method's handler throws.
 */
export type LeanDoor = (call: HttpCall, body: Uint8Array) => Promise<WholeReply> | undefined;

/** How messages stand in bodies. */
type Format = "grpc" | "proto" | "json";

/** The bytes that frame a message in gRPC and gRPC-Web: a flag, and a length. */
export const envelopeBytes = 5;
/** The flag of a message that is compressed. */
export const compressedFlag = 1;
const formats: ReadonlyMap<string | undefined, Format> = new Map([
  ["application/grpc", "grpc"],
  ["application/grpc+proto", "grpc"],
  ["application/proto", "proto"],
  ["application/json", "json"],
]);
const contentTypeOf = {
  proto: "application/proto",
  json: "application/json",
} as const;
const plainGrpc = { "content-type": "application/grpc+proto" };
const compressedGrpc = { ...plainGrpc, "grpc-encoding": compressionGzip.name };

const outcome = { code: 0 } as const;
const statusOk = { "grpc-status": "0" };

/**
 * Serves what nearly all calls are, in a third of the time that the Connect
 * router takes: unary calls of gRPC over HTTP/2 and of Connect by POST, not
 * compressed, whose message can be decoded. All else is left to the router, also
 * every message with a mistake in it, so that only one place says what is wrong.
 * So it must never take what the router would refuse, or read in another way.
 */
export function createLeanDoor(options: LeanDoorOptions): LeanDoor {
  const { methods, requestBytesMax, compressMinBytes, json } = options;

  function encode(format: Format, { method }: UnaryMethod, response: Message): Uint8Array | string {
    return format === "json" ? toJsonString(method.output, response, json.write) : toBinary(method.output, response);
  }

  function answer(call: HttpCall, format: Format, served: UnaryMethod, message: Message): Promise<WholeReply> {
    return served.handler({ call, method: served.method, message }).then((response) => {
      const encoded = encode(format, served, response);
      return Buffer.byteLength(encoded) >= compressMinBytes && acceptsGzip(call, format)
        ? compressionGzip.compress(bytesOf(encoded)).then((compressed) => replyWith(format, compressed, true))
        : replyWith(format, encoded, false);
    });
  }

  return (call, body) => {
    const format = formatOf(call);
    const served = format === undefined ? undefined : methods.get(call.exchange.url);
    if (format === undefined || served === undefined) {
      return undefined;
    }
    const bytes = format === "grpc" ? messageOf(body) : body;
    const message =
      bytes === undefined || bytes.byteLength > requestBytesMax ? undefined : decoded(format, served, bytes, json.read);
    return message === undefined ? undefined : answer(call, format, served, message);
  };
}

function replyWith(format: Format, body: Uint8Array | string, isCompressed: boolean): WholeReply {
  if (format === "grpc") {
    const headers = isCompressed ? compressedGrpc : plainGrpc;
    return {
      kind: "whole",
      status: 200,
      outcome,
      headers,
      body: enveloped(bytesOf(body), isCompressed),
      trailers: statusOk,
    };
  }
  const headers: Record<string, string> = {
    "content-type": contentTypeOf[format],
    "content-length": String(Buffer.byteLength(body)),
  };
  if (isCompressed) {
    headers["content-encoding"] = compressionGzip.name;
  }
  return { kind: "whole", status: 200, outcome, headers, body };
}

/** How a call's messages stand in its bodies; undefined where anything about that is out of the ordinary. */
function formatOf({ exchange, headers, protocol }: HttpCall): Format | undefined {
  const format = formats.get(headers["content-type"] as string | undefined);
  const isPlain =
    exchange.method === "POST" &&
    (format === "grpc"
      ? protocol === "grpc" && exchange.httpVersion === "2.0" && headers["grpc-encoding"] === undefined
      : protocol === "connect" && headers["content-encoding"] === undefined);
  return isPlain ? format : undefined;
}

/** The message in a body that holds one envelope, not compressed, and nothing else. */
function messageOf(body: Uint8Array): Uint8Array | undefined {
  if (body.byteLength < envelopeBytes || body[0] !== 0) {
    return undefined;
  }
  const length = new DataView(body.buffer, body.byteOffset).getUint32(1);
  return length === body.byteLength - envelopeBytes ? body.subarray(envelopeBytes) : undefined;
}

function decoded(
  format: Format,
  { method }: UnaryMethod,
  bytes: Uint8Array,
  read: typeof jsonReadOptions,
): Message | undefined {
  try {
    return format === "json"
      ? fromJsonString(method.input, read.textDecoder.decode(bytes), read)
      : fromBinary(method.input, bytes);
  } catch {
    return undefined;
  }
}

function acceptsGzip({ headers }: HttpCall, format: Format): boolean {
  const accepted = String(headers[format === "grpc" ? "grpc-accept-encoding" : "accept-encoding"] ?? "");
  return accepted.split(",").some((name) => name.trim() === compressionGzip.name);
}

function bytesOf(encoded: Uint8Array | string): Uint8Array {
  return typeof encoded === "string" ? Buffer.from(encoded) : encoded;
}

function enveloped(message: Uint8Array, isCompressed: boolean): Uint8Array {
  const body = Buffer.allocUnsafe(envelopeBytes + message.byteLength);
  body[0] = isCompressed ? compressedFlag : 0;
  body.writeUInt32BE(message.byteLength, 1);
  body.set(message, envelopeBytes);
  return body;
}

/** The paths of methods, for {@link LeanDoorOptions.methods}. */
export function methodsByPath(
  methods: readonly UnaryMethod[],
  routes: ReadonlyMap<string, UniversalHandler>,
): ReadonlyMap<string, UnaryMethod> {
  const paths = [...routes].map(
    ([path, { method }]) => [path, methods.find((each) => each.method === method)] as const,
  );
  return new Map(paths.filter((entry): entry is [string, UnaryMethod] => entry[1] !== undefined));
}
