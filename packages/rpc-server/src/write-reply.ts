import { constants, type ServerHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { Fault } from "@verigate/call";
import type { HttpCall } from "./http-call.ts";
import { headersOfAll } from "./http-exchange.ts";
import type { NodeRequest, NodeResponse } from "./node-http.ts";
import type { Outcome, Reply, StreamReply } from "./reply.ts";

/** Writes a reply; `isLast` has the connection end behind it. Writing to a caller who left does nothing. */
export function writeReply({ exchange }: HttpCall, reply: Reply, isLast: boolean): void {
  if (reply.kind === "stream") {
    writeStream(reply, isLast);
  } else {
    exchange.answer(reply, isLast);
  }
}

function writeStream(reply: StreamReply, isLast: boolean): void {
  const { response, node } = reply;
  response.header?.set("cache-control", headersOfAll["cache-control"]);
  if (isLast && !("stream" in node.request)) {
    response.header?.set("connection", "close");
  }
  if ("stream" in node.request) {
    askToStop(node.request.stream);
  }
  const settle = (outcome: Outcome) => reply.settle(outcome);
  if (hasClosed(node.request, node.response)) {
    // It closed before anybody listened, as when it is reset by the packet that opened it.
    settle({ code: Code.Canceled, fault: new Fault("cancelled") });
    return;
  }
  node.response.once("close", () => {
    if (!hasEnded(node.request, node.response)) {
      settle({ code: Code.Canceled, fault: new Fault("cancelled") });
    } else {
      settle({ code: Number(response.trailer?.get("grpc-status") ?? 0) });
    }
  });
  universalResponseToNodeResponse(response, node.response).catch((error: unknown) => {
    // The caller left, or the stream was shut down: the close above has said so.
    const { code } = ConnectError.from(error);
    node.response.destroy();
    settle({ code, fault: new Fault(code === Code.Canceled ? "cancelled" : "gateway-bug", { cause: error }) });
  });
}

/**
 * Asks a client to stop uploading: by a complete response, then a reset without an
 * error (RFC 9113, 8.1). "finish" comes before the trailers have been asked for, and
 * a reset from within "wantTrailers" goes out before them; a turn later they are
 * with nghttp2, and Node sends all that it holds before a reset.
 */
function askToStop(stream: ServerHttp2Stream): void {
  stream.once("wantTrailers", () => {
    setImmediate(() => {
      if (!stream.readableEnded && !stream.destroyed) {
        stream.close(constants.NGHTTP2_NO_ERROR);
      }
    });
  });
}

function hasClosed(request: NodeRequest, response: NodeResponse): boolean {
  return "stream" in request ? request.stream.destroyed || request.stream.closed : response.destroyed;
}

/** Whether a response that has been closed went out whole. A stream that was reset counts as finished, to Node. */
function hasEnded(request: NodeRequest, response: NodeResponse): boolean {
  return "stream" in request
    ? response.writableEnded && request.stream.rstCode === constants.NGHTTP2_NO_ERROR
    : response.writableFinished;
}
