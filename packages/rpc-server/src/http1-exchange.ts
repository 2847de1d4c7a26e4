import type { IncomingMessage, ServerResponse } from "node:http";
import { type HttpExchange, headersOfAll, ignore } from "./http-exchange.ts";
import type { WholeReply } from "./reply.ts";

/** A request of HTTP/1.1. */
export function http1Exchange(request: IncomingMessage, response: ServerResponse): HttpExchange {
  // Errors of a connection that breaks are seen by whoever reads or writes it.
  request.on("error", ignore);
  response.on("error", ignore);
  return {
    httpVersion: "1.1",
    method: request.method ?? "",
    url: request.url ?? "",
    authority: request.headers.host,
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body: request,
    onClose: (listener) => response.once("close", listener),
    answer(reply, isLast) {
      if (!response.destroyed) {
        write(response, reply, isLast || !(request.readableEnded || request.complete));
      }
    },
    destroy: () => response.destroy(),
    asNode: () => ({ request, response }),
  };
}

function write(response: ServerResponse, { status, headers, body, trailers }: WholeReply, isLast: boolean): void {
  response.writeHead(status, {
    ...headersOfAll,
    ...headers,
    ...(trailers === undefined ? { "content-length": String(body?.byteLength ?? 0) } : {}),
    ...(isLast ? { connection: "close" } : {}),
  });
  if (trailers !== undefined) {
    response.addTrailers(trailers);
  }
  response.end(body);
}
