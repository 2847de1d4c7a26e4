import { isIP } from "node:net";
import { hostname } from "node:os";
import { cors } from "@connectrpc/connect";
import { Fault, type Handler, type Layer, type Peer } from "@verigate/call";
import { rescue } from "./encode-fault.ts";
import type { HttpCall } from "./http-call.ts";
import { plainReply, type Reply, withHeaders } from "./reply.ts";

export interface BrowserGuardOptions {
  /** Origins whose pages may call, such as `https://app.example.com`. Without any, no page may. */
  readonly corsOrigins: readonly string[];
  /** Whether callers of this listener need no credentials: then its host name is all that a page would lack. */
  readonly isOpen: (peer: Peer) => boolean;
  /** Host names by which such a TCP listener may be called, besides its own: `*` means any. */
  readonly hostNames: readonly string[];
}

const preflightSecondsMax = 7_200;

/**
 * Keeps web pages out. A page that any user of this machine visits can send
 * requests to a loopback port: with an Origin, which is refused unless it is
 * allowed (Fetch, CORS protocol); without one as an image's address, which
 * browsers mark (Fetch Metadata, Sec-Fetch-Site); or, where its own name was made to resolve to
 * this address (DNS rebinding), with a foreign Host.
 */
export function browserGuard({ corsOrigins, isOpen, hostNames }: BrowserGuardOptions): Layer<HttpCall, Reply> {
  const allowedHosts = new Set([...hostNames, "localhost", hostname()].map((name) => name.toLowerCase()));
  /** The authority that was looked at last and is ours: a caller has always the same. */
  let known: string | undefined;

  function isOwn(authority = ""): boolean {
    if (authority !== known) {
      if (!isOwnHost(authority, allowedHosts)) {
        return false;
      }
      known = authority;
    }
    return true;
  }

  return (next) => (call) => {
    if (!call.peer.isUnix && isOpen(call.peer) && !isOwn(call.exchange.authority)) {
      throw new Fault("caller-not-allowed", {
        publicMessage: "the request's host is not a name of this gateway (VERIGATE_HOST_NAMES lists them)",
      });
    }
    const { origin, "sec-fetch-site": site } = call.headers;
    if (origin === undefined && (site === "cross-site" || site === "same-site")) {
      throw new Fault("caller-not-allowed", { publicMessage: "web pages of other origins may not call" });
    }
    if (origin === undefined) {
      return next(call);
    }
    if (!corsOrigins.includes(String(origin))) {
      throw new Fault("caller-not-allowed", {
        publicMessage: "web pages of this origin may not call (VERIGATE_CORS_ORIGINS lists those that may)",
      });
    }
    return answerPage(next, call, String(origin));
  };
}

async function answerPage(next: Handler<HttpCall, Reply>, call: HttpCall, origin: string): Promise<Reply> {
  // An error is for the page to read, too.
  const answer = rescue()(next);
  const reply =
    call.exchange.method === "OPTIONS"
      ? plainReply(204, { code: 0 }, preflightHeaders)
      : withHeaders(await answer(call), { "access-control-expose-headers": cors.exposedHeaders.join(", ") });
  return withHeaders(reply, { "access-control-allow-origin": origin, vary: "Origin" });
}

const preflightHeaders = {
  "access-control-allow-methods": cors.allowedMethods.join(", "),
  "access-control-allow-headers": [...cors.allowedHeaders, "Authorization"].join(", "),
  "access-control-max-age": String(preflightSecondsMax),
};

/** An address can't be rebound, so any is fine; of names, only those that are ours. */
function isOwnHost(authority: string, allowed: ReadonlySet<string>): boolean {
  const host = authority
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  return allowed.has("*") || allowed.has(host) || isIP(host) !== 0;
}
