import { createHmac, hkdfSync } from "node:crypto";
import { expect, it } from "vitest";
import { createKeyedHash, type HashKeys } from "./keyed-hash.ts";

const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const hashOf = (keys: HashKeys, purpose: string, ...parts: string[]) => createKeyedHash(keys, purpose)(...parts);

it("the same parts have the same hash, by the same key for the same purpose", () => {
  expect(hashOf([oldKey], "claims", "a", "b")).toEqual(hashOf([oldKey], "claims", "a", "b"));
});

it.each([
  ["another key", hashOf([newKey], "claims", "a", "b")],
  ["another purpose", hashOf([oldKey], "limits", "a", "b")],
  ["other parts", hashOf([oldKey], "claims", "a", "c")],
  ["other borders", hashOf([oldKey], "claims", "ab", "")],
  ["one part for two", hashOf([oldKey], "claims", "ab")],
])("%s gives another hash", (_, other) => {
  expect(other).not.toEqual(hashOf([oldKey], "claims", "a", "b"));
});

it("the first key's hash comes first, and every key has its own, wherever it stands", () => {
  const [written, ...read] = hashOf([newKey, oldKey], "claims", "a");

  expect([written]).toEqual(hashOf([newKey], "claims", "a"));
  expect(read).toEqual(hashOf([oldKey], "claims", "a"));
});

it.each([["a"], ["6b1d9f0e", "ünïcode", ""], ["p", Buffer.from([0, 255, 128])]])(
  "the hash is the HMAC of RFC 2104 (%s, ...)",
  (...parts) => {
    const subkey = Buffer.from(hkdfSync("sha256", oldKey, "", "verigate:1:purpose", 32));
    const framed = parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(part));
      return [length, Buffer.from(part)];
    });
    const expected = createHmac("sha256", subkey).update(Buffer.concat(framed)).digest("base64url");

    expect(createKeyedHash([oldKey], "purpose")(...parts)).toEqual([expected]);
  },
);
