import { hash } from "node:crypto";
import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from "jose";

/** Public keys that tokens are signed with. */
export interface KeySet {
  readonly keyOf: LocalJWKSet;
  /** Differs wherever the keys do. */
  readonly digest: string;
}

/** Where the newest known keys are found. */
export interface KeySource {
  /** Undefined while none were ever loaded. */
  readonly current: KeySet | undefined;
  /** Looks whether there are others, where that was not done a moment ago. Never fails: then `current` stays as it is. */
  refresh(): Promise<void>;
  close(): void;
}

/** Reads a JSON Web Key Set (RFC 7517). Throws an Error where it is none, or an empty one. */
export function parseKeySet(text: string): KeySet {
  const json: unknown = JSON.parse(text);
  const keyOf = createLocalJWKSet(json as JSONWebKeySet);
  if (keyOf.jwks().keys.length === 0) {
    throw new Error("there is no key");
  }
  return { keyOf, digest: hash("sha256", text) };
}
