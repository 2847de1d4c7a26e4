import { request as http1 } from "node:http";
import { connect } from "node:http2";
import { gunzipSync } from "node:zlib";

/** A request, byte for byte. */
export interface WireRequest {
  readonly httpVersion: 1 | 2;
  readonly verb: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** What came back, so that answers of the same meaning are the same: bodies are decompressed. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly trailers: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly answer: WireAnswer;
  /** Whether its body came compressed. */
  readonly isCompressed: boolean;
}

/** Connections to one gateway. */
export interface WireClient {
  send(request: WireRequest): Promise<Sent>;
  close(): void;
}

export function createWireClient(port: number): WireClient {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});

  function send2({ verb, path, headers, body }: WireRequest): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const stream = session.request(
        { ":method": verb, ":path": path, ...headers },
        { endStream: body.byteLength === 0 },
      );
      let answered: Record<string, unknown> = {};
      let trailers: Record<string, unknown> = {};
      const chunks: Buffer[] = [];
      stream.on("response", (received) => {
        answered = received;
      });
      stream.on("trailers", (received) => {
        trailers = received;
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", reject);
      // Not when the stream is closed: what is left of an upload that nobody reads may keep it open on this side.
      stream.on("end", () => {
        const { ":status": status, ...rest } = answered;
        resolve(comparable({ status: Number(status), headers: rest, trailers }, Buffer.concat(chunks)));
      });
      if (body.byteLength > 0) {
        stream.end(body);
      }
    });
  }

  function send1({ verb, path, headers, body }: WireRequest): Promise<Sent> {
    return new Promise((resolve, reject) => {
      const request = http1({ port, host: "127.0.0.1", method: verb, path, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0, headers: received, trailers } = response;
          resolve(comparable({ status: statusCode, headers: received, trailers }, Buffer.concat(chunks)));
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  return {
    send: (request) => (request.httpVersion === 2 ? send2(request) : send1(request)),
    close: () => session.destroy(),
  };
}

/** How a body came, not what it means: whether it is worth compressing is each door's own business. */
const framingHeaders = new Set([
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "content-encoding",
  "grpc-encoding",
]);

function comparable(answer: Omit<WireAnswer, "body">, bytes: Buffer): Sent {
  const { headers } = answer;
  const isGrpc = String(headers["content-type"]).startsWith("application/grpc");
  const isCompressed = isGrpc ? ((bytes[0] ?? 0) & 1) === 1 : headers["content-encoding"] === "gzip";
  const body = isGrpc ? unframed(bytes) : isCompressed ? gunzipSync(bytes) : bytes;
  return {
    isCompressed,
    answer: {
      ...answer,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !framingHeaders.has(name))),
      trailers: { ...answer.trailers },
      body: body.toString("latin1"),
    },
  };
}

/** The frames, each decompressed. */
function unframed(bytes: Buffer): Buffer {
  const frames: Buffer[] = [];
  for (let start = 0; start + 5 <= bytes.byteLength; ) {
    const flags = bytes.readUInt8(start);
    const end = start + 5 + bytes.readUInt32BE(start + 1);
    const message = bytes.subarray(start + 5, end);
    frames.push(Buffer.of(flags & 0x80), (flags & 1) === 1 ? gunzipSync(message) : message);
    start = end;
  }
  return Buffer.concat(frames);
}
