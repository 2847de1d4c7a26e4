import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import type { Clock } from "@verigate/call";
import type { FrontDoor } from "@verigate/rpc-server";

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

/** As much of a request and a response over HTTP/1.1 as the front door looks at. */
export function callInMemory({ frontDoor, clock, method, message, deadlineMs }: InMemoryRequest): InMemoryCall {
  const headers = {
    host: "localhost",
    "content-type": "application/json",
    "connect-protocol-version": "1",
    "connect-timeout-ms": String(deadlineMs),
  };
  const request = Object.assign(Readable.from([Buffer.from(JSON.stringify(message))]), {
    method: "POST",
    url: `/verigate.v1.${method}`,
    httpVersion: "1.1",
    httpVersionMajor: 1,
    headers,
    rawHeaders: Object.entries(headers).flat(),
  });
  let answer: InMemoryAnswer | undefined;
  let hasLeft = false;
  const response = Object.assign(new EventEmitter(), {
    destroyed: false,
    status: 0,
    text: "",
    writeHead(status: number) {
      response.status = status;
    },
    write(chunk: Uint8Array) {
      response.text += Buffer.from(chunk).toString();
    },
    end() {
      answer = { atMs: clock.nowMs(), status: response.status, json: JSON.parse(response.text || "{}") };
      response.emit("close");
    },
    destroy() {
      response.destroyed = true;
      response.emit("close");
    },
  });
  const arrival = {
    request,
    response,
    connection: {
      // The default of VERIGATE_LISTEN, by which callers of this machine are trusted.
      peer: { listener: "127.0.0.1:8080", isUnix: false, address: "127.0.0.1" },
      isEnding: false,
    },
    listener: { onRefused: () => {}, isDraining: false },
  };
  frontDoor(arrival as unknown as Parameters<FrontDoor>[0]);
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
        response.destroy();
      }
    },
  };
}
