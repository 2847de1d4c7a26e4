import { createHmac, hkdfSync } from "node:crypto";

/**
 * The keyed hashes of `parts`, one for each key, in base64url: what is written
 * has the first one, what is looked for may have any of them. They differ
 * wherever the parts differ, also where only the borders between them do.
 */
export type KeyedHash = (...parts: readonly (string | Uint8Array)[]) => readonly [string, ...string[]];

/** The keys of VERIGATE_HASH_KEY: the first one writes, all read. */
export type HashKeys = readonly [Uint8Array, ...Uint8Array[]];

/**
 * HMAC-SHA-256 (RFC 2104) by subkeys that HKDF (RFC 5869) derives for one
 * `purpose`, so that a hash which was made for one never means anything for
 * another.
 */
export function createKeyedHash([first, ...others]: HashKeys, purpose: string): KeyedHash {
  const subkeyOf = (key: Uint8Array) => Buffer.from(hkdfSync("sha256", key, "", `verigate:1:${purpose}`, 32));
  const firstSubkey = subkeyOf(first);
  const otherSubkeys = others.map(subkeyOf);
  return (...parts) => [hashOf(firstSubkey, parts), ...otherSubkeys.map((subkey) => hashOf(subkey, parts))];
}

function hashOf(subkey: Uint8Array, parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac("sha256", subkey);
  for (const part of parts) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(part));
    hmac.update(length).update(part);
  }
  return hmac.digest("base64url");
}
