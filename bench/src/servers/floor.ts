/**
 * The floor: what the call costs with nothing in between. HTTP/2 frames from
 * Node itself, messages by protobuf-es, the upstream by undici's `dispatch`, and
 * no promise anywhere. Knows one method and no error.
 */
import { createServer } from "node:http2";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { VerifyPinRequestSchema, VerifyPinResponseSchema } from "@verigate/contract";
import { type Dispatcher, Pool } from "undici";
import { frame, unframe } from "../grpc-frame.ts";
import { responseFromAnswer, upstreamBody, upstreamHeaders, upstreamPath } from "../verify-pin.ts";
import { serverArguments, upstreamConnections } from "./server-arguments.ts";

const { port, upstream } = serverArguments();
const pool = new Pool(upstream, { connections: upstreamConnections });
const responseHeaders = { ":status": 200, "content-type": "application/grpc" };
const okTrailers = { "grpc-status": "0" };
const unavailable = { ...responseHeaders, "grpc-status": "14" };

function collector(onBody: (body: string) => void, onError: (error: Error) => void): Dispatcher.DispatchHandler {
  let body = "";
  let status = 0;
  return {
    onRequestStart() {},
    onResponseStart(_, statusCode) {
      status = statusCode;
    },
    onResponseData(_, chunk) {
      body += chunk.toString("latin1");
    },
    onResponseEnd() {
      status === 200 ? onBody(body) : onError(new Error(`upstream answered ${status}`));
    },
    onResponseError(_, error) {
      onError(error);
    },
  };
}

const server = createServer();
server.on("stream", (stream) => {
  const chunks: Buffer[] = [];
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    const [first] = chunks;
    const bytes = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    const request = fromBinary(VerifyPinRequestSchema, unframe(bytes));
    pool.dispatch(
      { path: upstreamPath(request), method: "PUT", headers: upstreamHeaders, body: upstreamBody(request) },
      collector(
        (body) => {
          stream.on("wantTrailers", () => stream.sendTrailers(okTrailers));
          stream.respond(responseHeaders, { waitForTrailers: true });
          stream.end(frame(toBinary(VerifyPinResponseSchema, responseFromAnswer(body))));
        },
        () => stream.respond(unavailable, { endStream: true }),
      ),
    );
  });
});
server.listen(port, "127.0.0.1");
