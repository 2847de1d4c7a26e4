import { constants, type ServerHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { Fault } from "@verigate/call";
import type { HttpCall } from "./http-call.ts";
import type { NodeResponse } from "./node-http.ts";
import type { Outcome, Reply, StreamReply, WholeReply } from "./reply.ts";

/** Answers are about one login: no cache may keep them. */
const headersOfAll = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/**
 * Writes a reply, and ends the request with it: what is left of an upload is not
 * read. Writing to a caller who left does nothing.
 */
export function writeReply(call: HttpCall, reply: Reply, isLast: boolean): void {
  if (reply.kind === "stream") {
    writeStream(call, reply, isLast);
  } else if (!call.response.destroyed) {
    writeWhole(call, reply, isLast);
  }
}

function writeWhole(call: HttpCall, reply: WholeReply, isLast: boolean): void {
  const { request, response } = call;
  const isUnread = !request.readableEnded && !request.complete;
  if (!("stream" in request)) {
    writeHttp1(response, reply, isLast || isUnread);
    return;
  }
  const { stream } = request;
  if (stream.destroyed || stream.closed) {
    return;
  }
  if (isUnread) {
    // RFC 9113, 8.1: a complete response, then a reset without an error, asks the client to stop uploading.
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }
  writeHttp2(stream, response, reply);
}

function writeHttp2(stream: ServerHttp2Stream, response: NodeResponse, reply: WholeReply): void {
  const { status, headers, body, trailers } = reply;
  if (body === undefined && trailers === undefined) {
    // One HEADERS frame, which for gRPC makes it Trailers-Only; the response would add an empty DATA frame.
    stream.respond({ ":status": status, ...headersOfAll, ...headers }, { endStream: true });
    return;
  }
  response.writeHead(status, { ...headersOfAll, ...headers });
  endWith(response, body, trailers);
}

function writeHttp1(response: NodeResponse, { status, headers, body, trailers }: WholeReply, isLast: boolean): void {
  response.writeHead(status, {
    ...headersOfAll,
    ...headers,
    ...(trailers === undefined ? { "content-length": String(body?.byteLength ?? 0) } : {}),
    ...(isLast ? { connection: "close" } : {}),
  });
  endWith(response, body, trailers);
}

function endWith(response: NodeResponse, body: WholeReply["body"], trailers: WholeReply["trailers"]): void {
  if (body !== undefined && body.byteLength > 0) {
    response.write(body);
  }
  if (trailers !== undefined) {
    response.addTrailers(trailers);
  }
  response.end();
}

function writeStream(call: HttpCall, reply: StreamReply, isLast: boolean): void {
  const { response } = reply;
  response.header?.set("cache-control", headersOfAll["cache-control"]);
  if (isLast && !("stream" in call.request)) {
    response.header?.set("connection", "close");
  }
  const settle = (outcome: Outcome) => reply.settle(outcome);
  call.response.once("close", () => {
    if (!hasEnded(call)) {
      settle({ code: Code.Canceled, fault: new Fault("cancelled") });
    } else {
      settle({ code: Number(response.trailer?.get("grpc-status") ?? 0) });
    }
  });
  universalResponseToNodeResponse(response, call.response).catch((error: unknown) => {
    // The caller left, or the stream was shut down: the close above has said so.
    const { code } = ConnectError.from(error);
    call.response.destroy();
    settle({ code, fault: new Fault(code === Code.Canceled ? "cancelled" : "gateway-bug", { cause: error }) });
  });
}

/** Whether a response that has been closed went out whole. A stream that was reset counts as finished, to Node. */
function hasEnded({ request, response }: HttpCall): boolean {
  return "stream" in request
    ? response.writableEnded && request.stream.rstCode === constants.NGHTTP2_NO_ERROR
    : response.writableFinished;
}
