import { hash } from "node:crypto";
import { Fault, type Handler, type Layer, type Peer } from "@verigate/call";
import { type HttpCall, headerValues, type Reply } from "@verigate/rpc-server";
import type { AuthFailure, Credential } from "@verigate/telemetry";
import type { BearerKeys } from "../callers/bearer-keys.ts";
import { anonymous } from "../callers/caller-name.ts";
import { callerFromCertificate } from "../callers/client-certificate.ts";
import type { FailedAttempts } from "../callers/failed-attempts.ts";
import { isJwtShaped, type TokenVerdict, type TokenVerifier } from "../callers/token-verifier.ts";
import type { OnAccessDecision } from "./access-decision.ts";

export interface AuthenticateOptions {
  /** Whether callers of this listener need no credentials. */
  readonly isTrusted: (peer: Peer) => boolean;
  /** The keys of callers as they are now; undefined where none are configured. */
  readonly keys: (() => BearerKeys) | undefined;
  /** Undefined where no issuer of tokens is configured. */
  readonly tokens: TokenVerifier | undefined;
  readonly failures: FailedAttempts;
  /** Told of each call that is refused here. */
  readonly onRefused?: (credential: Credential, reason: AuthFailure) => void;
  readonly onDecision?: OnAccessDecision | undefined;
}

/** Kubernetes and load balancers ask it, and have no credentials. */
const openService = "grpc.health.v1.Health";
/** RFC 6750, 2.1, and 9110, 11.1: the scheme's case does not matter. */
const bearerPattern = /^bearer +([\w\-.~+/]+=*)$/i;
/** All that a caller is told: what is wrong with a guess would help the next one. */
const messages: Readonly<Partial<Record<AuthFailure, string>>> = {
  missing: "the caller's credentials are missing",
  malformed: "the caller's credentials are malformed: Authorization must be sent once, as Bearer and a token",
  not_valid: "the caller's credentials are not valid",
  expired: "the caller's credentials have expired",
};
/** When to come again while tokens can't be checked. */
const unavailableRetryMs = 1_000;

/**
 * Finds out who calls, by headers and connection alone:
 *
 * - A bearer token has to be a known key or a valid JWT, wherever one of them is
 *   configured. It names the caller.
 * - A certificate, which the connection has had checked, names the caller where
 *   there is no token.
 * - Without either, the caller is anonymous where the listener is trusted, and
 *   refused elsewhere. What is wrong never counts as nothing.
 *
 * Throws `caller-unauthenticated`; `caller-rate-limited` where a peer showed too
 * much that was wrong; `authentication-unavailable` where nobody can tell.
 */
export function authenticate(options: AuthenticateOptions): Layer<HttpCall, Reply> {
  const { isTrusted, keys, tokens, failures, onRefused, onDecision } = options;
  const readsTokens = keys !== undefined || tokens !== undefined;

  function refuse(call: HttpCall, credential: Credential, reason: AuthFailure, waitMs = 0): Fault {
    onRefused?.(credential, reason);
    onDecision?.(call, { decision: "denied", rule: "credentials", reason, ...certificateOf(call) });
    const publicMessage = messages[reason];
    if (reason === "unavailable") {
      return new Fault("authentication-unavailable", { retryAfterMs: unavailableRetryMs });
    }
    if (reason === "throttled") {
      return new Fault("caller-rate-limited", {
        publicMessage: "too many wrong credentials came from this address",
        retryAfterMs: waitMs,
      });
    }
    if (reason !== "missing") {
      failures.count(call.peer);
    }
    return new Fault("caller-unauthenticated", publicMessage === undefined ? {} : { publicMessage });
  }

  /** At once, but where a token has to be verified. */
  function callerOf(call: HttpCall): string | Promise<string> {
    const { certificate } = call.peer;
    const named = certificate && callerFromCertificate(certificate);
    // Also beside a key that is right: all that is shown has to be.
    if (certificate !== undefined && named === undefined) {
      throw refuse(call, "certificate", "not_valid");
    }
    const authorizations = readsTokens ? headerValues(call, "authorization") : [];
    if (authorizations.length > 0) {
      return callerOfToken(call, authorizations);
    }
    if (named !== undefined) {
      return named;
    }
    if (!isTrusted(call.peer)) {
      throw refuse(call, "none", "missing");
    }
    return anonymous;
  }

  function callerOfToken(call: HttpCall, [first = "", ...others]: readonly string[]): string | Promise<string> {
    const token = others.length === 0 ? bearerPattern.exec(first)?.[1] : undefined;
    if (token === undefined) {
      throw refuse(call, "key", "malformed");
    }
    const digest = hash("sha256", token, "buffer");
    // Whatever came from this address before: it is one look-up, and nobody guesses a key.
    const caller = keys?.().callerOf(digest);
    if (caller !== undefined) {
      return caller;
    }
    if (tokens === undefined || !isJwtShaped(token)) {
      const waitMs = failures.waitMs(call.peer);
      throw refuse(call, "key", waitMs > 0 ? "throttled" : "not_valid", waitMs);
    }
    return callerOfJwt(call, tokens, token, digest.toString("latin1"));
  }

  async function callerOfJwt(call: HttpCall, verifier: TokenVerifier, token: string, digest: string): Promise<string> {
    const verdict = await verdictOf(call, verifier, token, digest);
    if (verdict.kind !== "valid") {
      throw refuse(call, "jwt", verdict.kind);
    }
    return verdict.caller;
  }

  /** Throws where the peer showed too much that was wrong, and has no turn left at having a token checked. */
  async function verdictOf(
    call: HttpCall,
    verifier: TokenVerifier,
    token: string,
    digest: string,
  ): Promise<TokenVerdict> {
    const isHeldBack = failures.waitMs(call.peer) > 0 && !verifier.wasValid(digest);
    const waitMs = isHeldBack ? failures.takeCheck(call.peer) : 0;
    if (waitMs > 0) {
      throw refuse(call, "jwt", "throttled", waitMs);
    }
    return await verifier.verify(token, digest);
  }

  function enter(next: Handler<HttpCall, Reply>, call: HttpCall, caller: string): Promise<Reply> {
    call.progress.caller = caller;
    onDecision?.(call, { decision: "allowed", rule: "credentials", ...certificateOf(call) });
    return next(call);
  }

  return (next) => (call) => {
    if (call.service === openService) {
      return next(call);
    }
    const caller = callerOf(call);
    return typeof caller === "string" ? enter(next, call, caller) : caller.then((known) => enter(next, call, known));
  };
}

function certificateOf({ peer }: HttpCall): { certificate?: string } {
  const certificate = peer.certificate && callerFromCertificate(peer.certificate);
  return certificate === undefined ? {} : { certificate };
}
