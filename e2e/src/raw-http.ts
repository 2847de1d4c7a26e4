import { once } from "node:events";
import { connect, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { createConnection, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { onTestFinished } from "vitest";

/** A socket to a port of this machine, which ends with the test. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "connect");
  return socket;
}

/** Sends bytes as they are, and collects what comes back until the server ends the connection or breaks it. */
export async function exchangeBytes(port: number, bytes: string | Uint8Array): Promise<string> {
  const socket = await openSocket(port);
  socket.write(bytes);
  return textUntilEnd(socket);
}

/** What comes until the other side ends the connection or breaks it. */
export function textUntilEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve) => {
    socket.once("close", () => resolve(text));
  });
}

/** Uploads as a client that does nothing else: a piece in each turn of the event loop, as long as the connection is there. */
export async function writeInPieces(socket: Socket, bytes: Uint8Array): Promise<void> {
  const pieceBytes = 16 * 1024;
  for (let start = 0; start < bytes.byteLength && socket.writable; start += pieceBytes) {
    socket.write(bytes.subarray(start, start + pieceBytes));
    await setImmediate();
  }
}

export interface Http2Answer {
  readonly headers: IncomingHttpHeaders & { readonly ":status"?: number };
  /** Whether the frame of the headers was the last one. */
  readonly isEndOfStream: boolean;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request over HTTP/2 in cleartext, on a connection of its own. */
export async function http2Request(
  authority: string,
  headers: OutgoingHttpHeaders,
  body: Uint8Array = new Uint8Array(),
): Promise<Http2Answer> {
  const session = connect(`http://${authority}`);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  const hasBody = body.byteLength > 0;
  const stream = session.request({ ":method": "POST", ...headers }, { endStream: !hasBody });
  const answer = { headers: {}, isEndOfStream: false, trailers: {} };
  stream.once("response", (received, flags) => {
    answer.headers = received;
    answer.isEndOfStream = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  });
  stream.once("trailers", (received) => {
    answer.trailers = received;
  });
  if (hasBody) {
    stream.end(body);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
  }
  session.close();
  return { ...answer, body: Buffer.concat(chunks) };
}

/** A message as gRPC and gRPC-Web frame it. */
export function enveloped(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}
