import type { Registry } from "@bufbuild/protobuf";
import { Code, type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import { type Clock, type Layer, stack } from "@verigate/call";
import { jsonReadOptions } from "./explain-decode-error.ts";
import { callFromExchange, type HttpCall } from "./http-call.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { createLeanDoor, methodsByPath } from "./lean-door.ts";
import { type Connection, headerBytesMax } from "./mixed-server.ts";
import { plainReply, type Reply } from "./reply.ts";
import { serveRoute } from "./serve-route.ts";
import { type UnaryService, unaryRoutes } from "./unary-routes.ts";
import { writeReply } from "./write-reply.ts";

export interface FrontDoorOptions {
  readonly clock: Clock;
  /** What is served as calls, each by a message and a message. */
  readonly services: readonly UnaryService[];
  /** What else is served, by the router alone. */
  readonly routes: readonly ((router: ConnectRouter) => void)[];
  /** Whether ordinary calls take the lean door; without it, the router serves them all. Same meaning, more CPU. */
  readonly isLean: boolean;
  /** What a call meets before its body is read, outermost first. The outermost must not throw. */
  readonly inbound: readonly Layer<HttpCall, Reply>[];
  /** The most bytes a message may have, in its encoding and decompressed. */
  readonly requestBytesMax: number;
  /** Aborts when streams have to end. */
  readonly shutdown: AbortSignal;
  /** What a `google.protobuf.Any` may hold in JSON. Default: nothing; the gateway's messages have none. */
  readonly anyTypes?: Registry;
}

/** Serves one request. Never throws. */
export type FrontDoor = (arrival: Arrival) => void;

/** A request that came in at a listener. */
export interface Arrival {
  readonly exchange: HttpExchange;
  readonly connection: Connection;
  readonly listener: ListenerState;
}

/** What a front door needs to know of the listener. */
export interface ListenerState {
  /** Told of a request that is refused before it is a call. */
  readonly onRefused: (code: string) => void;
  /** Whether the connections are to end after the answers in flight. */
  readonly isDraining: boolean;
}

/** What a field takes besides its name and value (RFC 9113, 6.5.2). */
const headerOverheadBytes = 32;

/** What Node does for HTTP/1.1 and only advertises for HTTP/2: counts the bytes of the headers. */
function headerBytesOf({ rawHeaders }: HttpExchange): number {
  let bytes = (rawHeaders.length / 2) * headerOverheadBytes;
  for (const text of rawHeaders) {
    bytes += text.length;
  }
  return bytes;
}

/** Answers of less than this are not worth compressing. */
const compressMinBytes = 8 * 1024;
/** `"verified":false` has to be visible. */
const jsonWriteOptions = { alwaysEmitImplicit: true };

/** One door for gRPC, gRPC-Web and Connect, over HTTP/1.1 and HTTP/2. */
export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { services, requestBytesMax } = options;
  const registry = options.anyTypes === undefined ? {} : { registry: options.anyTypes };
  const json = { read: { ...jsonReadOptions, ...registry }, write: { ...jsonWriteOptions, ...registry } };
  const router = createConnectRouter({
    acceptCompression: [compressionGzip],
    compressMinBytes,
    readMaxBytes: requestBytesMax,
    jsonOptions: { ...json.read, ...json.write },
  });
  for (const register of [...services.map(unaryRoutes), ...options.routes]) {
    register(router);
  }
  const routes = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const methods = options.isLean
    ? services.flatMap(({ service, handler }) => service.methods.map((method) => ({ method, handler })))
    : [];
  const lean = createLeanDoor({
    methods: methodsByPath(methods, routes),
    requestBytesMax,
    compressMinBytes,
    json,
  });
  const serve = stack(options.inbound, serveRoute({ ...options, lean }));
  return ({ exchange, connection, listener }) => {
    if (exchange.httpVersion === "2.0" && headerBytesOf(exchange) > headerBytesMax) {
      listener.onRefused("ERR_HTTP2_HEADER_OVERFLOW");
      exchange.answer(plainReply(431, { code: Code.ResourceExhausted }), false);
      return;
    }
    const call = callFromExchange({ exchange, routes, connection, clock: options.clock });
    serve(call).then(
      (reply) => {
        try {
          writeReply(call, reply, listener.isDraining || connection.isEnding);
        } catch {
          exchange.destroy();
        }
      },
      () => exchange.destroy(),
    );
  };
}
