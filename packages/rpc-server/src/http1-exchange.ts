import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Clock } from "@verigate/call";
import { addHeaders, type HttpExchange, ignore } from "./http-exchange.ts";
import { linger } from "./linger.ts";
import type { WholeReply } from "./reply.ts";

/** A request of HTTP/1.1. */
export class Http1Exchange implements HttpExchange {
  readonly httpVersion = "1.1";
  readonly method: string;
  readonly url: string;
  readonly authority: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Readable;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #clock: Clock;

  constructor(request: IncomingMessage, response: ServerResponse, clock: Clock) {
    this.method = request.method ?? "";
    this.url = request.url ?? "";
    this.authority = request.headers.host;
    this.headers = request.headers;
    this.rawHeaders = request.rawHeaders;
    this.body = request;
    this.#request = request;
    this.#response = response;
    this.#clock = clock;
    // Errors of a connection that breaks are seen by whoever reads or writes it.
    request.on("error", ignore);
    response.on("error", ignore);
  }

  onClose(listener: () => void): void {
    this.#response.on("close", listener);
  }

  answer(reply: WholeReply, isLast: boolean): void {
    const request = this.#request;
    const response = this.#response;
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
    linger(request, response, this.#clock);
  }

  destroy(): void {
    this.#response.destroy();
  }

  asNode(): ReturnType<HttpExchange["asNode"]> {
    return { request: this.#request, response: this.#response };
  }
}

function writeHead(response: ServerResponse, { status, headers, body, trailers }: WholeReply, isLast: boolean): void {
  const raw: string[] = [];
  addHeaders(raw, headers);
  if (trailers === undefined && headers["content-length"] === undefined) {
    raw.push("content-length", String(body === undefined ? 0 : Buffer.byteLength(body)));
  }
  if (isLast) {
    raw.push("connection", "close");
  }
  response.writeHead(status, raw);
  if (trailers !== undefined) {
    response.addTrailers(trailers);
  }
}
