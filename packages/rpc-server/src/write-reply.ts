import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { Fault } from "@verigate/call";
import type { HttpCall } from "./http-call.ts";
import type { NodeResponse } from "./node-http.ts";
import type { Outcome, Reply, StreamReply, WholeReply } from "./reply.ts";

/** Answers are about one login: no cache may keep them. */
const headersOfAll = { "cache-control": "no-store" };

/**
 * Writes a reply, and ends the request with it: what is left of an upload is not
 * read. Writing to a caller who left does nothing.
 */
export function writeReply(call: HttpCall, reply: Reply, isLast: boolean): void {
  if (reply.kind === "stream") {
    writeStream(call, reply);
  } else if (!call.response.destroyed) {
    writeWhole(call, reply, isLast);
  }
}

function writeWhole(call: HttpCall, reply: WholeReply, isLast: boolean): void {
  const { request, response } = call;
  const isHttp2 = "stream" in request;
  const isUnread = !request.readableEnded && !request.complete;
  response.writeHead(reply.status, {
    ...headersOfAll,
    ...reply.headers,
    ...(isHttp2 || reply.trailers !== undefined ? {} : { "content-length": String(reply.body?.byteLength ?? 0) }),
    ...(!isHttp2 && (isLast || isUnread) ? { connection: "close" } : {}),
  });
  if (reply.trailers !== undefined) {
    response.addTrailers(reply.trailers);
  }
  if (isHttp2 && isUnread) {
    // RFC 9113, 8.1: a complete response, then a reset without an error, asks the client to stop uploading.
    response.once("finish", () => request.stream.close(constants.NGHTTP2_NO_ERROR));
  }
  endWith(response, reply.body);
}

function endWith(response: NodeResponse, body: Uint8Array | undefined): void {
  if (body !== undefined && body.byteLength > 0) {
    response.write(body);
  }
  response.end();
}

function writeStream(call: HttpCall, reply: StreamReply): void {
  const { response } = reply;
  response.header?.set("cache-control", headersOfAll["cache-control"]);
  const settle = (outcome: Outcome) => reply.settle(outcome);
  call.response.once("close", () => {
    const status = response.trailer?.get("grpc-status");
    if (call.response.writableFinished && (status === null || status === undefined || status === "0")) {
      settle({ code: 0 });
    } else if (call.response.writableFinished) {
      settle({ code: Number(status) as Code });
    } else {
      settle({ code: Code.Canceled, fault: new Fault("cancelled") });
    }
  });
  universalResponseToNodeResponse(response, call.response).catch((error: unknown) => {
    // The caller left, or the stream was shut down: the close above has said so.
    const { code } = ConnectError.from(error);
    call.response.destroy();
    settle({ code, fault: new Fault(code === Code.Canceled ? "cancelled" : "gateway-bug", { cause: error }) });
  });
}
