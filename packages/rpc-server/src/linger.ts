import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock } from "@verigate/call";
import { discardBytesMax } from "./read-body.ts";

/** How long a client may go on sending after its answer, in milliseconds: it has that within one way there and back. */
const lingerMsMax = 1_000;

const lingering = new WeakSet<Socket>();

/** Whether the last answer of a connection is out: what else comes over it is for nobody. */
export function isLingering(socket: Socket): boolean {
  return lingering.has(socket);
}

/**
 * Ends a response that has been written and is the last of its connection, when its
 * request has come to an end, or has gone on for too long or with too much. Until
 * then, what comes is dropped: a connection that is closed with something unread is
 * reset, and a client that still writes may lose the answer by it (RFC 9112, 9.6).
 * Whoever was reading the request is told no more than that it closes.
 */
export function linger(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  let bytes = 0;
  const onData = (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > discardBytesMax) {
      end();
    }
  };
  const end = () => {
    timer.cancel();
    request.off("data", onData).off("close", end).pause();
    response.end();
  };
  const timer = clock.setTimer(lingerMsMax, end);
  lingering.add(request.socket);
  request.removeAllListeners("data").removeAllListeners("end");
  // It closes when it has been read, too.
  request.on("data", onData).once("close", end).resume();
}
