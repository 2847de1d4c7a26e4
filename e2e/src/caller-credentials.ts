import { generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

/** A file that can be replaced in one step, as deployments do. */
export interface ReplaceableFile {
  readonly path: string;
  replace(content: string | Uint8Array): void;
}

export function fileOf(content: string | Uint8Array, name = "file"): ReplaceableFile {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return {
    path,
    replace(next) {
      writeFileSync(`${path}.new`, next);
      renameSync(`${path}.new`, path);
    },
  };
}

/** A file of keys, by the names of their callers. */
export function keysOf(keys: Readonly<Record<string, string>>): string {
  return Object.entries(keys)
    .map(([name, key]) => `${name} sha256:${hash("sha256", key)}\n`)
    .join("");
}

/** Whoever signs tokens. */
export interface TokenIssuer {
  readonly name: string;
  /** Its public keys. */
  readonly jwks: string;
  /** A token of these claims besides issuer, audience, subject and times. */
  token(claims?: object, header?: object): string;
}

export const audience = "verigate";

/** An issuer whose only key has this id. */
export function createIssuer(kid = "key-1"): TokenIssuer {
  const name = "https://issuer.example";
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    name,
    jwks: JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }] }),
    token(claims = {}, header = {}) {
      const nowS = Math.floor(Date.now() / 1_000);
      const all = { iss: name, aud: [audience], sub: "login", iat: nowS, exp: nowS + 600, ...claims };
      return signed(privateKey, { alg: "ES256", kid, ...header }, all);
    },
  };
}

function signed(key: KeyObject, header: object, claims: object): string {
  const head = `${encoded(header)}.${encoded(claims)}`;
  return `${head}.${sign("sha256", Buffer.from(head), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

export function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
