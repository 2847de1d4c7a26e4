import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { NodeRequest, NodeResponse } from "./node-http.ts";
import type { WholeReply } from "./reply.ts";

/** One request of HTTP, and where its answer goes, in the same terms for HTTP/1.1 and HTTP/2. */
export interface HttpExchange {
  readonly httpVersion: "1.1" | "2.0";
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** The host that was asked, with its port where it was given. */
  readonly authority: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  /** Where the body comes from. Nobody else has listened to it. */
  readonly body: Readable;
  /** Calls `listener` once, when nothing more can be read or written: whole, broken, or left by the caller. */
  onClose(listener: () => void): void;
  /**
   * Answers, and ends the request with it: what is left of an upload is not read.
   * `isLast` has the connection end behind it. Does nothing where the caller has left.
   */
  answer(reply: WholeReply, isLast: boolean): void;
  /** Breaks it off. */
  destroy(): void;
  /** As Node's own servers know it, for what streams. After that, the rest of this is not to be used. */
  asNode(): { readonly request: NodeRequest; readonly response: NodeResponse };
}

/** Answers are about one login: no cache may keep them. */
export const headersOfAll = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

/**
 * The headers of an answer, names and values in turn, behind those of `raw`: of an
 * object, Node makes another one first, which costs it twice as much.
 */
export function addHeaders(raw: string[], headers: WholeReply["headers"]): void {
  for (const name in headersOfAll) {
    if (headers[name] === undefined) {
      raw.push(name, headersOfAll[name as keyof typeof headersOfAll]);
    }
  }
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) {
      raw.push(name, value);
    }
  }
}

/** Not a closure: what holds one of those would hold its call, and all that the call has left. */
export function ignore(): void {}
