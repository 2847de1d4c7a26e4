import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ListenAddress, listenOnUnixSocket } from "@verigate/rpc-server";
import { formatFromAccept, type Metrics } from "@verigate/telemetry";

export interface AdminOptions {
  readonly address: ListenAddress;
  readonly metrics: Metrics;
  /** Why this process is not ready; undefined when it is. */
  readonly unreadyReason: () => string | undefined;
  /** More about its state, for people: `/readyz?verbose`. */
  readonly details: () => Readonly<Record<string, string>>;
}

export interface Admin {
  /** Where it really listens. */
  readonly address: ListenAddress;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const plain = "text/plain; charset=utf-8";

/** Answers a request for a page. */
type PageHandler = (query: string, accept: string | undefined) => Page | Promise<Page>;

/** Serves `/livez`, `/readyz` and `/metrics`, read-only, and nothing else. */
export async function openAdmin({ address, metrics, unreadyReason, details }: AdminOptions): Promise<Admin> {
  const pages: Readonly<Record<string, PageHandler>> = {
    // Whoever reads this has proof that the event loop turns.
    "/livez": () => ({ status: 200, type: plain, text: "ok\n" }),
    "/readyz": (query) => {
      const reason = unreadyReason();
      const state = reason === undefined ? "ready\n" : `not ready: ${reason}\n`;
      const more = Object.entries(details()).map(([name, value]) => `${name}: ${value}\n`);
      return {
        status: reason === undefined ? 200 : 503,
        type: plain,
        text: new URLSearchParams(query).has("verbose") ? state + more.join("") : state,
      };
    },
    "/metrics": async (_, accept) => {
      const { contentType, text } = await metrics.render(formatFromAccept(accept));
      return { status: 200, type: contentType, text };
    },
  };

  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    answer(pages, request, response).catch(() => response.destroy());
  });
  if (address.kind === "unix") {
    await listenOnUnixSocket(server, address.path);
  } else {
    await new Promise<void>((listening, reject) => {
      server.once("error", reject);
      server.listen({ host: address.host, port: address.port }, listening);
    });
  }
  return {
    address: address.kind === "unix" ? address : { ...address, port: (server.address() as AddressInfo).port },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  pages: Readonly<Record<string, PageHandler>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) {
    response.writeHead(404).end();
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
  } else {
    const { status, type, text } = await page(query, request.headers.accept);
    response.writeHead(status, {
      "content-type": type,
      "cache-control": "no-store",
      "content-length": Buffer.byteLength(text),
    });
    response.end(request.method === "HEAD" ? undefined : text);
  }
}
