import type { DescMethod } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { type Call, type Clock, createProgress, type Protocol } from "@verigate/call";
import type { Connection } from "./mixed-server.ts";
import type { NodeRequest, NodeResponse } from "./node-http.ts";

/** A Call together with the HTTP request it came in. Only this package looks at the latter. */
export interface HttpCall extends Call {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  /** Path and query. */
  readonly url: string;
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

export interface HttpCallOptions {
  readonly request: NodeRequest;
  readonly response: NodeResponse;
  readonly routes: ReadonlyMap<string, UniversalHandler>;
  readonly connection: Connection;
  readonly clock: Clock;
}

/** Why a caller's signal aborts. Without a reason, each would be given an exception of its own, with a stack. */
const closed = "the response is closed";

/** Reads a call off the headers of a request. Never fails: what is wrong with it is found by who looks closer. */
export function callFromRequest({ request, response, routes, connection, clock }: HttpCallOptions): HttpCall {
  const url = request.url ?? "";
  const route = routes.get(pathOf(url));
  const departure = new AbortController();
  // Also where the answer is out; then nobody listens any more.
  response.once("close", () => departure.abort(closed));
  return {
    service: route?.service.typeName ?? "",
    method: route?.method.name ?? "",
    isStreaming: route !== undefined && route.method.methodKind !== "unary",
    protocol: protocolOf(request, route?.method),
    headers: request.headers,
    peer: connection.peer,
    startedAtMs: clock.nowMs(),
    departed: departure.signal,
    progress: createProgress(),
    request,
    response,
    url,
    streamsEnd: connection.streamsEnd,
    route,
  };
}

/** Every value of a header, in its order; `call.headers` has only the first of some that are sent twice. */
export function headerValues({ request }: HttpCall, name: string): string[] {
  const { rawHeaders } = request;
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
}

export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function protocolOf(request: NodeRequest, method: DescMethod | undefined): Protocol {
  const contentType = request.headers["content-type"] ?? "";
  if (request.method === "GET" && method?.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS) {
    return "connect";
  }
  return contentTypes.find(([pattern]) => pattern.test(contentType))?.[1] ?? "http";
}
