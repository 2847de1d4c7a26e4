import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { type HttpExchange, headersOfAll, ignore } from "./http-exchange.ts";
import type { WholeReply } from "./reply.ts";

/**
 * A request of HTTP/2, on the stream itself: Node's request and response objects
 * cost more than all that stands between a call and its operation, and are made
 * for what streams alone.
 */
export function http2Exchange(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): HttpExchange {
  // Errors of a connection that breaks are seen by whoever reads or writes it.
  stream.on("error", ignore);
  let isAwaited = headers.expect === "100-continue";

  /** Now that it is wanted: who is refused uploads nothing. A stream may have been reset by then, and answering it would throw. */
  function askForBody(): void {
    if (isAwaited && !stream.destroyed && !stream.closed) {
      stream.additionalHeaders({ ":status": constants.HTTP_STATUS_CONTINUE });
    }
    isAwaited = false;
  }

  return {
    httpVersion: "2.0",
    method: headers[":method"] ?? "",
    url: headers[":path"] ?? "",
    // RFC 9113, 8.3.1: a request that was HTTP/1.1 on its way may have a Host alone.
    authority: headers[":authority"] ?? headers.host,
    headers,
    rawHeaders,
    get body() {
      askForBody();
      return stream;
    },
    onClose: (listener) => stream.once("close", listener),
    answer(reply) {
      if (!stream.destroyed && !stream.closed) {
        write(stream, reply);
      }
    },
    destroy: () => stream.destroy(),
    asNode() {
      askForBody();
      const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
      const response = new Http2ServerResponse(stream);
      request.on("error", ignore);
      response.on("error", ignore);
      return { request, response };
    },
  };
}

function write(stream: ServerHttp2Stream, { status, headers, body, trailers }: WholeReply): void {
  if (!stream.readableEnded) {
    // RFC 9113, 8.1: a complete response, then a reset without an error, asks the client to stop uploading.
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
  const all = { ":status": status, ...headersOfAll, ...headers };
  if (body === undefined && trailers === undefined) {
    // One HEADERS frame, which for gRPC makes it Trailers-Only.
    stream.respond(all, { endStream: true });
    return;
  }
  stream.respond(all, { waitForTrailers: trailers !== undefined });
  if (trailers !== undefined) {
    stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  }
  stream.end(body);
}
