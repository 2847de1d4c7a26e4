import { once } from "node:events";
import { connect, constants, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it, onTestFinished } from "vitest";
import { Http2Exchange } from "./http2-exchange.ts";
import { readBody } from "./read-body.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A request to a server of HTTP/2 that is made for it, and ends with the test. */
async function requestTo(onStream: (stream: ServerHttp2Stream, exchange: Http2Exchange) => void) {
  const server = createServer();
  server.on("stream", (stream, headers, _, rawHeaders) => {
    onStream(stream, new Http2Exchange(stream, headers, rawHeaders));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return client.request({ ":method": "POST", ":path": "/" });
}

/** Asks a server of one exchange, and fulfils with the stream at its end, and all that the client was told, when both are over. */
async function ask(serve: (exchange: Http2Exchange) => Promise<void>, body: Buffer) {
  const ended = Promise.withResolvers<ServerHttp2Stream>();
  const request = await requestTo((stream, exchange) => {
    stream.on("close", () => ended.resolve(stream));
    serve(exchange).catch(ended.reject);
  });
  const told: { headers?: object; trailers?: object } = {};
  request.on("response", (headers) => {
    told.headers = { ...headers };
  });
  request.on("trailers", (trailers) => {
    told.trailers = { ...trailers };
  });
  request.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return { stream: await ended.promise, told, text: Buffer.concat(chunks).toString() };
}

const reply = { kind: "whole", status: 200, outcome: { code: 0 } } as const;

it("a stream that has ended holds nothing of its call, however long Node keeps it", async () => {
  let call: WeakRef<object> | undefined;
  const { stream } = await ask(async (exchange) => {
    const held = { exchange };
    call = new WeakRef(held);
    exchange.onClose(() => expect(held).toBeDefined());
    const body = await readBody(exchange.body, 100);
    exchange.answer({ ...reply, headers: {}, body, trailers: { "grpc-status": "0" } });
  }, Buffer.from("PIN"));
  // A WeakRef holds what it was asked for until the turn is over.
  await setImmediate();
  collect();

  expect(stream.closed).toBe(true);
  expect(call?.deref()).toBeUndefined();
});

it("an answer has its headers once, with those of all answers, its body and its trailers", async () => {
  const { told, text } = await ask(async (exchange) => {
    const body = Buffer.from(await readBody(exchange.body, 100)).toString();
    const headers = { "content-type": "text/plain", "cache-control": "max-age=1" };
    exchange.answer({ ...reply, headers, body, trailers: { "grpc-status": "0" } });
  }, Buffer.from("žluťoučký"));

  expect(text).toBe("žluťoučký");
  expect(told.headers).toMatchObject({
    ":status": 200,
    "content-type": "text/plain",
    "cache-control": "max-age=1",
    "x-content-type-options": "nosniff",
  });
  expect(told.trailers).toMatchObject({ "grpc-status": "0" });
});

it.each([
  ["without an error", constants.NGHTTP2_NO_ERROR],
  ["cancelled", constants.NGHTTP2_CANCEL],
])("the body of a stream that was reset %s before anybody asked for it is at an end at once", async (_, code) => {
  const read = Promise.withResolvers<unknown>();
  const request = await requestTo((_stream, exchange) => {
    exchange.onClose(() => readBody(exchange.body, 100).then(read.resolve, read.resolve));
    request.close(code);
  });
  request.on("error", () => {});

  expect(await read.promise).toMatchObject({ kind: "cancelled" });
});
