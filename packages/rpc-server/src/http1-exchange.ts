import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "@verigate/call";
import { type HttpExchange, headersOfAll, ignore } from "./http-exchange.ts";
import { linger } from "./linger.ts";
import type { WholeReply } from "./reply.ts";

/** A request of HTTP/1.1. */
export function http1Exchange(request: IncomingMessage, response: ServerResponse, clock: Clock): HttpExchange {
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
      if (response.destroyed) {
        return;
      }
      const isRead = request.readableEnded || request.complete;
      writeHead(response, reply, isLast || !isRead);
      if (isRead) {
        response.end(reply.body);
        return;
      }
      response.flushHeaders();
      if (reply.body !== undefined) {
        response.write(reply.body);
      }
      linger(request, response, clock);
    },
    destroy: () => response.destroy(),
    asNode: () => ({ request, response }),
  };
}

function writeHead(response: ServerResponse, { status, headers, body, trailers }: WholeReply, isLast: boolean): void {
  response.writeHead(status, {
    ...headersOfAll,
    ...headers,
    ...(trailers === undefined ? { "content-length": String(body?.byteLength ?? 0) } : {}),
    ...(isLast ? { connection: "close" } : {}),
  });
  if (trailers !== undefined) {
    response.addTrailers(trailers);
  }
}
