import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { type Call, type Clock, createProgress, type Protocol } from "@verigate/call";
import type { HttpExchange } from "./http-exchange.ts";
import type { Connection } from "./mixed-server.ts";

/** A Call together with the HTTP request it came in. Only this package looks at the latter. */
export interface HttpCall extends Call {
  readonly exchange: HttpExchange;
  /** Aborts when a stream has to end, so that its connection can. */
  readonly streamsEnd: AbortSignal;
  /** Serves the method; undefined where there is none. */
  readonly route: UniversalHandler | undefined;
}

/** Protocol and direction of a content type, as far as a router knows it. */
const contentTypes: readonly (readonly [RegExp, Protocol])[] = [
  [/^application\/grpc-web(\+(proto|json))?\s*(;|$)/i, "grpc-web"],
  [/^application\/grpc(\+(proto|json))?\s*(;|$)/i, "grpc"],
  [/^application\/(connect\+)?(proto|json)\s*(;|$)/i, "connect"],
];

/** What nearly all content types are, which takes no pattern to see. */
const commonTypes: ReadonlyMap<string, Protocol> = new Map([
  ["application/grpc", "grpc"],
  ["application/grpc+proto", "grpc"],
  ["application/json", "connect"],
  ["application/proto", "connect"],
]);

export interface HttpCallOptions {
  readonly exchange: HttpExchange;
  readonly routes: ReadonlyMap<string, UniversalHandler>;
  readonly connection: Connection;
  readonly clock: Clock;
}

/** Reads a call off the headers of a request. Never fails: what is wrong with it is found by who looks closer. */
export function callFromExchange({ exchange, routes, connection, clock }: HttpCallOptions): HttpCall {
  const route = routes.get(pathOf(exchange.url));
  let leave: (() => void) | undefined;
  // Also where the answer is out; then nobody listens any more.
  exchange.onClose(() => leave?.());
  return {
    service: route?.service.typeName ?? "",
    method: route?.method.name ?? "",
    isStreaming: route !== undefined && route.method.methodKind !== "unary",
    protocol: protocolOf(exchange, route?.method),
    headers: exchange.headers,
    peer: connection.peer,
    startedAtMs: clock.nowMs(),
    onDeparture(listener) {
      leave = listener;
    },
    progress: createProgress(),
    exchange,
    streamsEnd: connection.streamsEnd,
    route,
  };
}

/** Every value of a header, in its order; `call.headers` has only the first of some that are sent twice. */
export function headerValues({ exchange: { rawHeaders } }: HttpCall, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function protocolOf(exchange: HttpExchange, method: DescMethod | undefined): Protocol {
  const contentType = exchange.headers["content-type"] ?? "";
  if (exchange.method === "GET" && method?.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) {
    return "connect";
  }
  return commonTypes.get(contentType) ?? contentTypes.find(([pattern]) => pattern.test(contentType))?.[1] ?? "http";
}
