import {
  constants,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Readable } from "node:stream";
import { addHeaders, type HttpExchange, ignore } from "./http-exchange.ts";
import type { WholeReply } from "./reply.ts";

/** What is still to be done at a stream. */
interface Pending {
  onClose: (() => void) | undefined;
  trailers: OutgoingHttpHeaders | undefined;
}

/**
 * Where a stream's listeners find that. They are the same for all streams, and
 * forget it when theirs has closed: a stream that has ended can stay in memory
 * until the next full collection, and its call would with it.
 */
const pendingOf = Symbol("verigate.pending");
type Stream = ServerHttp2Stream & { [pendingOf]?: Pending | undefined };

function onClose(this: Stream): void {
  const pending = this[pendingOf];
  this[pendingOf] = undefined;
  pending?.onClose?.();
}

function onWantTrailers(this: Stream): void {
  const trailers = this[pendingOf]?.trailers;
  if (trailers !== undefined) {
    this.sendTrailers(trailers);
  }
}

/**
 * A request of HTTP/2, on the stream itself: Node's request and response objects
 * cost more than all that stands between a call and its operation, and are made
 * for what streams alone.
 */
export class Http2Exchange implements HttpExchange {
  readonly httpVersion = "2.0";
  readonly method: string;
  readonly url: string;
  readonly authority: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly #stream: Stream;
  readonly #pending: Pending = { onClose: undefined, trailers: undefined };
  #isAwaited: boolean;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[]) {
    this.method = headers[":method"] ?? "";
    this.url = headers[":path"] ?? "";
    // RFC 9113, 8.3.1: a request that was HTTP/1.1 on its way may have a Host alone.
    this.authority = headers[":authority"] ?? headers.host;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.#stream = stream;
    this.#isAwaited = headers.expect === "100-continue";
    this.#stream[pendingOf] = this.#pending;
    // Errors of a connection that breaks are seen by whoever reads or writes it.
    stream.on("error", ignore).on("close", onClose);
  }

  get body(): Readable {
    this.#askForBody();
    return this.#stream;
  }

  onClose(listener: () => void): void {
    this.#pending.onClose = listener;
  }

  answer(reply: WholeReply): void {
    if (!this.#stream.destroyed && !this.#stream.closed) {
      this.#write(reply);
    }
  }

  destroy(): void {
    this.#stream.destroy();
  }

  asNode(): ReturnType<HttpExchange["asNode"]> {
    this.#askForBody();
    const request = new Http2ServerRequest(this.#stream, this.headers, {}, this.rawHeaders);
    const response = new Http2ServerResponse(this.#stream);
    request.on("error", ignore);
    response.on("error", ignore);
    return { request, response };
  }

  /** Now that it is wanted: who is refused uploads nothing. A stream may have been reset by then, and answering it would throw. */
  #askForBody(): void {
    if (this.#isAwaited && !this.#stream.destroyed && !this.#stream.closed) {
      this.#stream.additionalHeaders({ ":status": constants.HTTP_STATUS_CONTINUE });
    }
    this.#isAwaited = false;
  }

  #write({ status, headers, body, trailers }: WholeReply): void {
    const stream = this.#stream;
    if (!stream.readableEnded) {
      // RFC 9113, 8.1: a complete response, then a reset without an error, asks the client to stop uploading.
      stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
    }
    const all = [":status", String(status)];
    addHeaders(all, headers);
    if (body === undefined && trailers === undefined) {
      // One HEADERS frame, which for gRPC makes it Trailers-Only.
      stream.respond(all, { endStream: true });
      return;
    }
    this.#pending.trailers = trailers;
    stream.respond(all, { waitForTrailers: trailers !== undefined });
    if (trailers !== undefined) {
      stream.on("wantTrailers", onWantTrailers);
    }
    stream.end(body);
  }
}
