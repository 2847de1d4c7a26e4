import type { Clock } from "@verigate/call";
import { errors, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { isCallerName } from "./caller-name.ts";
import type { KeySet, KeySource } from "./key-set.ts";

export interface TokenVerifierOptions {
  readonly clock: Clock;
  /** What `iss` has to be, exactly. */
  readonly issuer: string;
  /** What `aud` has to be, or to hold. */
  readonly audience: string;
  readonly keys: KeySource;
}

/** What a token is found to be. */
export type TokenVerdict =
  | { readonly kind: "valid"; readonly caller: string }
  /** It was valid. */
  | { readonly kind: "expired" }
  | { readonly kind: "not_valid" }
  /** There are no keys to check it with. */
  | { readonly kind: "unavailable" };

export interface TokenVerifier {
  /**
   * Whether a token was found valid before, by its SHA-256 hash: then `verify` has
   * no work with it, but once whenever the issuer's keys change.
   */
  wasValid(digest: string): boolean;
  /** `digest` is the token's SHA-256 hash. Never fails. */
  verify(token: string, digest: string): Promise<TokenVerdict>;
}

/**
 * The asymmetric ones (RFC 7518, 3.1; RFC 8037). Without `none` and without HMAC, for
 * which whoever knows the public key could sign.
 */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** How far the issuer's clock may be off. */
const clockToleranceS = 60;
const rememberedMax = 10_000;

interface Verified {
  readonly caller: string;
  /** By the clock's wallMs. */
  readonly expiresAtMs: number;
  /** What it was checked with. When the keys change it is checked again: its own may have been withdrawn. */
  readonly keys: KeySet;
}

/** Whether it looks like a JWT (RFC 7519) in its compact form: three parts in base64url. */
export function isJwtShaped(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

/**
 * Checks tokens that an issuer signed, such as Kubernetes' service-account tokens:
 * signature, `iss`, `aud`, `exp`, which has to be there, `nbf` and `iat`. The caller
 * is their `sub`. What was found valid is remembered, by the token's hash, until it expires.
 */
export function createTokenVerifier({ clock, issuer, audience, keys }: TokenVerifierOptions): TokenVerifier {
  const remembered = new LRUCache<string, Verified>({ max: rememberedMax });
  /** Checks under way, so that the first calls with a new token don't all check it. */
  const pending = new Map<string, Promise<TokenVerdict>>();

  async function checkWith(current: KeySet, token: string, digest: string): Promise<TokenVerdict> {
    const { payload } = await jwtVerify(token, current.keyOf, {
      issuer,
      audience,
      algorithms,
      requiredClaims: ["exp", "sub"],
      clockTolerance: clockToleranceS,
      currentDate: new Date(clock.wallMs()),
    });
    const { sub, exp = 0, iat = 0 } = payload;
    if (typeof sub !== "string" || !isCallerName(sub) || iat * 1_000 > clock.wallMs() + clockToleranceS * 1_000) {
      return { kind: "not_valid" };
    }
    remembered.set(digest, { caller: sub, expiresAtMs: (exp + clockToleranceS) * 1_000, keys: current });
    return { kind: "valid", caller: sub };
  }

  async function checkAnew(token: string, digest: string): Promise<TokenVerdict> {
    const verdict = await check(token, digest);
    if (verdict.kind === "not_valid" || verdict.kind === "expired") {
      remembered.delete(digest);
    }
    return verdict;
  }

  async function check(token: string, digest: string): Promise<TokenVerdict> {
    if (keys.current === undefined) {
      await keys.refresh();
    }
    const { current } = keys;
    if (current === undefined) {
      return { kind: "unavailable" };
    }
    try {
      return await checkWith(current, token, digest);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) {
        return verdictFromError(error);
      }
    }
    await keys.refresh();
    return keys.current === current
      ? { kind: "not_valid" }
      : await checkWith(keys.current ?? current, token, digest).catch(verdictFromError);
  }

  return {
    wasValid: (digest) => remembered.has(digest),
    async verify(token, digest) {
      const known = remembered.get(digest);
      if (known !== undefined && known.keys === keys.current) {
        return known.expiresAtMs > clock.wallMs() ? { kind: "valid", caller: known.caller } : { kind: "expired" };
      }
      const running = pending.get(digest) ?? checkAnew(token, digest).finally(() => pending.delete(digest));
      pending.set(digest, running);
      return running;
    },
  };
}

function verdictFromError(error: unknown): TokenVerdict {
  // The signature is looked at before the claims, so whoever hears this has had a valid token.
  return { kind: error instanceof errors.JWTExpired ? "expired" : "not_valid" };
}
