import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import type { Clock } from "@verigate/call";
import type { FrontDoor, HttpExchange } from "@verigate/rpc-server";

/** For tests: a call in Connect's JSON that comes to a front door without a socket. */
export interface InMemoryCall {
  readonly sentAtMs: number;
  /** Undefined until it has been answered. */
  readonly answer: InMemoryAnswer | undefined;
  /** Ends the connection; there is no answer any more. */
  leave(): void;
  readonly hasLeft: boolean;
}

export interface InMemoryAnswer {
  readonly atMs: number;
  readonly status: number;
  /** The response, or Connect's error. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface InMemoryRequest {
  readonly frontDoor: FrontDoor;
  readonly clock: Clock;
  /** `AuthAPI/VerifyPin` of verigate.v1. */
  readonly method: string;
  readonly message: object;
  readonly deadlineMs: number;
}

/** A request over HTTP/1.1, without a socket. */
export function callInMemory({ frontDoor, clock, method, message, deadlineMs }: InMemoryRequest): InMemoryCall {
  const headers = {
    host: "localhost",
    "content-type": "application/json",
    "connect-protocol-version": "1",
    "connect-timeout-ms": String(deadlineMs),
  };
  let answer: InMemoryAnswer | undefined;
  let hasLeft = false;
  const closed = new EventEmitter();
  const exchange: HttpExchange = {
    httpVersion: "1.1",
    method: "POST",
    url: `/verigate.v1.${method}`,
    authority: headers.host,
    headers,
    rawHeaders: Object.entries(headers).flat(),
    body: Readable.from([Buffer.from(JSON.stringify(message))]),
    onClose: (listener) => closed.once("close", listener),
    answer({ status, body }) {
      if (!hasLeft) {
        answer = { atMs: clock.nowMs(), status, json: JSON.parse(Buffer.from(body ?? "{}").toString()) };
        closed.emit("close");
      }
    },
    destroy: () => closed.emit("close"),
    asNode() {
      throw new Error("nothing streams here");
    },
  };
  frontDoor({
    exchange,
    connection: {
      // The default of VERIGATE_LISTEN, by which callers of this machine are trusted.
      peer: { listener: "127.0.0.1:8080", isUnix: false, address: "127.0.0.1" },
      isEnding: false,
      streamsEnd: new AbortController().signal,
    },
    listener: { onRefused: () => {}, isDraining: false },
  });
  return {
    sentAtMs: clock.nowMs(),
    get answer() {
      return answer;
    },
    get hasLeft() {
      return hasLeft;
    },
    leave() {
      if (answer === undefined && !hasLeft) {
        hasLeft = true;
        closed.emit("close");
      }
    },
  };
}
