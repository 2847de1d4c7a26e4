import { hash, randomBytes } from "node:crypto";

/** A key, and the line of a file of keys that lets it in. */
export interface NewKey {
  readonly key: string;
  readonly line: string;
}

/** What every key starts with, so that scanners for secrets know one when they see it. */
const keyPrefix = "vg_";

/** Makes a key of 256 random bits for a caller's name. The line does not give the key away. */
export function newKey(name: string): NewKey {
  const key = `${keyPrefix}${randomBytes(32).toString("base64url")}`;
  return { key, line: `${name} sha256:${hash("sha256", key)}` };
}
