import { Code, ConnectError, createContextValues } from "@connectrpc/connect";
import { createAsyncIterable, type UniversalHandler, type UniversalServerResponse } from "@connectrpc/connect/protocol";
import { errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import { universalRequestFromNodeRequest } from "@connectrpc/connect-node";
import { type Clock, Fault } from "@verigate/call";
import { recordFromHeaders } from "./encode-fault.ts";
import { explainDecodeError } from "./explain-decode-error.ts";
import { type HttpCall, pathOf } from "./http-call.ts";
import { compressedFlag, envelopeBytes, type LeanDoor } from "./lean-door.ts";
import { readBody } from "./read-body.ts";
import { plainReply, type Reply, streamReply } from "./reply.ts";
import { createHandling, type Handling, handlingKey } from "./unary-routes.ts";

const framingHeaders = ["content-type", "content-encoding", "accept-encoding", "grpc-encoding", "grpc-accept-encoding"];

export interface ServeRouteOptions {
  readonly clock: Clock;
  /** The most bytes a message may have. */
  readonly requestBytesMax: number;
  /** Aborts when all streams have to end. */
  readonly shutdown: AbortSignal;
  /** Takes what it can. */
  readonly lean: LeanDoor;
}

/**
 * Serves a call: by the lean door, or else by the Connect router. Errors don't leave by the router's own
 * door, which would drop their details or quote the request: they are thrown as
 * Faults, and encoded where all Faults are.
 */
export function serveRoute(options: ServeRouteOptions): (call: HttpCall) => Promise<Reply> {
  const { clock, requestBytesMax, shutdown, lean } = options;

  /** Rejects with `deadline-exceeded` at the call's deadline. */
  function readInTime<Result>({ progress }: HttpCall, reading: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(new Fault("deadline-exceeded"));
      const timer = clock.setTimer(progress.deadlineAtMs - clock.nowMs(), giveUp);
      reading.finally(() => timer.cancel()).then(resolve, reject);
    });
  }

  async function serveStream(route: UniversalHandler, call: HttpCall): Promise<Reply> {
    const node = call.exchange.asNode();
    const read = () => readInTime(call, readBody(node.request, requestBytesMax + envelopeBytes));
    // A stream that sends one message has to send it soon: whoever opened it has shown nothing so far.
    const body = route.method.methodKind === "server_streaming" ? { body: createAsyncIterable([await read()]) } : {};
    const contextValues = createContextValues().set(handlingKey, createHandling(call));
    const streamed = universalRequestFromNodeRequest(node.request, node.response, undefined, contextValues);
    const signal = AbortSignal.any([streamed.signal, call.streamsEnd, shutdown]);
    return streamReply(await route({ ...streamed, ...body, signal }), node);
  }

  return (call) => {
    const { route, exchange } = call;
    if (route === undefined) {
      throw new Fault("method-unknown");
    }
    if (!route.allowedMethods.includes(exchange.method)) {
      return Promise.resolve(plainReply(405, { code: Code.Unimplemented }, { allow: route.allowedMethods.join(", ") }));
    }
    if (call.protocol === "http") {
      return Promise.resolve(plainReply(415, { code: Code.InvalidArgument }));
    }
    if (call.isStreaming) {
      return serveStream(route, call);
    }
    if (exchange.method === "GET") {
      return serveByRouter(route, call, new Uint8Array());
    }
    return readBody(exchange.body, requestBytesMax + envelopeBytes).then(
      (body) => lean(call, body) ?? serveByRouter(route, call, body),
    );
  };
}

async function serveByRouter(route: UniversalHandler, call: HttpCall, body: Uint8Array): Promise<Reply> {
  const { exchange } = call;
  const handling = createHandling(call);
  const response = await route({
    httpVersion: exchange.httpVersion,
    method: exchange.method,
    url: `http://localhost${exchange.url}`,
    header: framingHeadersOf(call),
    body: createAsyncIterable([body]),
    // Never aborts. The router listens to it, and leaves garbage hanging from what lasts longer than a call.
    signal: new AbortController().signal,
    contextValues: createContextValues().set(handlingKey, handling),
  });
  return await replyFromResponse(call, handling, response, body);
}

async function replyFromResponse(
  call: HttpCall,
  handling: Handling,
  response: UniversalServerResponse,
  requestBody: Uint8Array,
): Promise<Reply> {
  if (response.status === 415) {
    return plainReply(415, { code: Code.InvalidArgument });
  }
  const body = await collect(response.body);
  if (handling.error !== undefined) {
    throw handling.error;
  }
  const error = errorFromResponse(call, response, body);
  if (error !== undefined) {
    throw handling.isDone ? new Fault("gateway-bug", { cause: error }) : faultFromRefusal(call, error, requestBody);
  }
  return {
    kind: "whole",
    status: response.status,
    headers: recordFromHeaders(response.header ?? new Headers()),
    body,
    ...(response.trailer === undefined ? {} : { trailers: recordFromHeaders(response.trailer) }),
    outcome: { code: 0 },
  };
}

/** The error that the router itself found, before or after the method was called. */
function errorFromResponse(
  call: HttpCall,
  response: UniversalServerResponse,
  body: Uint8Array,
): ConnectError | undefined {
  if (response.status !== 200) {
    const fallback = new ConnectError(`status ${response.status}`, Code.InvalidArgument);
    try {
      return errorFromJsonBytes(body, undefined, fallback);
    } catch {
      return fallback;
    }
  }
  switch (call.protocol) {
    case "grpc":
      return findTrailerError(response.trailer ?? new Headers());
    case "grpc-web":
      return findTrailerError(webTrailer(body));
    default:
      return undefined;
  }
}

/** The trailers at the end of a gRPC-Web body: its last envelope. */
function webTrailer(body: Uint8Array): Headers {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let start = 0; start + envelopeBytes <= body.byteLength; ) {
    const end = start + envelopeBytes + view.getUint32(start + 1);
    if (view.getUint8(start) === trailerFlag) {
      return trailerParse(body.subarray(start + envelopeBytes, end));
    }
    start = end;
  }
  return new Headers();
}

function faultFromRefusal(call: HttpCall, error: ConnectError, body: Uint8Array): Fault {
  switch (error.code) {
    case Code.ResourceExhausted:
      return new Fault("request-too-large");
    case Code.Unimplemented:
      return new Fault("request-unsupported");
    default:
      if (isCompressionUnnamed(call, body)) {
        return new Fault("compression-unnamed");
      }
      return explainDecodeError(...encodedMessage(call, body));
  }
}

/** Whether an envelope of gRPC or gRPC-Web has a message that is compressed, and no header says how. */
function isCompressionUnnamed({ protocol, headers }: HttpCall, body: Uint8Array): boolean {
  const isFlagged = protocol !== "connect" && ((body[0] ?? 0) & compressedFlag) !== 0;
  return isFlagged && (headers["grpc-encoding"] ?? "identity") === "identity";
}

/** The message as the router tried to decode it, as far as it was not compressed. */
function encodedMessage(call: HttpCall, body: Uint8Array): Parameters<typeof explainDecodeError> {
  const input = (call.route ?? neverHappens()).method.input;
  const { method, url } = call.exchange;
  if (method === "GET") {
    const query = new URLSearchParams(url.slice(pathOf(url).length));
    const message = query.get("message") ?? "";
    const bytes = Buffer.from(message, query.get("base64") === "1" ? "base64url" : "utf8");
    return [input, query.get("encoding") === "proto", bytes];
  }
  const isBinary = !/\bjson\b/i.test(String(call.headers["content-type"]));
  return [input, isBinary, call.protocol === "connect" ? body : body.subarray(envelopeBytes)];
}

function neverHappens(): never {
  throw new Error("a call without a route got past the check for one");
}

function framingHeadersOf(call: HttpCall): Headers {
  const headers = new Headers();
  for (const name of framingHeaders) {
    const value = call.headers[name];
    if (value !== undefined) {
      headers.set(name, String(value));
    }
  }
  return headers;
}

async function collect(body: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
  }
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
