import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";

/** What an upstream does with a request. */
export type Reaction =
  | {
      readonly status: number;
      /** The words beside the status. */
      readonly statusText?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text and bytes as they are, anything else as JSON. Default: none. */
      readonly body?: unknown;
    }
  /** A whole head and content-length, half of the body, and the end of the connection. */
  | { readonly cut: unknown; readonly status: number }
  /** Bytes as they are, and the end of the connection. */
  | { readonly raw: string }
  /** A reset when the head has arrived, or when all of the request was read. */
  | { readonly reset: "before" | "after" }
  /** Nothing, for ever. */
  | "hang";

export interface RecordedRequest {
  readonly method: string;
  /** As it was on the wire. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ScriptedUpstream {
  readonly url: string;
  /** Every request that has been read, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Requests whose head has arrived. */
  readonly arrivals: number;
  /** Those of them that may change something. */
  readonly mutations: number;
  /** Fulfils when that many requests have been read. */
  received(count: number): Promise<void>;
  /** From now on. */
  react(script: Script): void;
  /** Breaks all connections. */
  close(): Promise<void>;
}

/** A reaction to every request, or a function of the request. */
export type Script = Reaction | ((request: RecordedRequest) => Reaction | Promise<Reaction>);

/** A server that does what the test says, and records what came. */
export async function startScriptedUpstream(initial: Script): Promise<ScriptedUpstream> {
  let script = initial;
  let arrivals = 0;
  let mutations = 0;
  const requests: RecordedRequest[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    arrivals += 1;
    mutations += request.method === "GET" ? 0 : 1;
    if (typeof script === "object" && "reset" in script && script.reset === "before") {
      request.socket.resetAndDestroy();
      return;
    }
    const { method = "", url = "", headers } = request;
    const recorded = { method, path: url, headers, body: await textOf(request) };
    requests.push(recorded);
    const reaction = typeof script === "function" ? await script(recorded) : script;
    carryOut(reaction, response);
  }

  const server = createServer((request, response) => {
    // A request that its sender gave up has no answer.
    serve(request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  const upstream: ScriptedUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get arrivals() {
      return arrivals;
    },
    get mutations() {
      return mutations;
    },
    received: (count) => eventually(() => (requests.length >= count ? true : undefined)).then(() => undefined),
    react(next) {
      script = next;
    },
    async close() {
      if (server.listening) {
        server.close();
        server.closeAllConnections();
        await once(server, "close");
      }
    },
  };
  onTestFinished(() => upstream.close());
  return upstream;
}

function carryOut(reaction: Reaction, response: ServerResponse): void {
  if (reaction === "hang") {
    return;
  }
  if ("reset" in reaction) {
    response.socket?.resetAndDestroy();
    return;
  }
  if ("raw" in reaction) {
    response.socket?.end(reaction.raw);
    return;
  }
  if ("cut" in reaction) {
    const body = bytesOf(reaction.cut);
    response.writeHead(reaction.status, { "content-type": "application/json", "content-length": body.byteLength });
    response.write(body.subarray(0, body.byteLength / 2), () => response.destroy());
    return;
  }
  const body = bytesOf(reaction.body);
  const head = { "content-type": "application/json", "content-length": body.byteLength, ...reaction.headers };
  if (reaction.statusText === undefined) {
    response.writeHead(reaction.status, head);
  } else {
    response.writeHead(reaction.status, reaction.statusText, head);
  }
  response.end(body);
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined) {
    return Buffer.alloc(0);
  }
  return Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
  }
  return text;
}
