import { createHmac, generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { type KeySet, parseKeySet } from "./key-set.ts";
import { createTokenVerifier } from "./token-verifier.ts";

const issuer = "https://issuer.example";
const audience = "verigate";
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const newPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const [first, second] = [newPair(), newPair()];
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const unlisted = generateKeyPairSync("ml-dsa-44");

function jwksOf(keys: Readonly<Record<string, KeyObject>>): string {
  return JSON.stringify({
    keys: Object.entries(keys).map(([kid, key]) => ({ ...key.export({ format: "jwk" }), kid })),
  });
}

function signed(key: KeyObject, claims: object, header: object = {}): string {
  const head = `${encoded({ alg: "ES256", kid: "first", ...header })}.${encoded(claims)}`;
  const dsaEncoding = key.asymmetricKeyType === "ec" ? ({ dsaEncoding: "ieee-p1363" } as const) : {};
  return `${head}.${sign("sha256", Buffer.from(head), { key, ...dsaEncoding }).toString("base64url")}`;
}

/** A verifier whose issuer's keys the test can change. */
function scene() {
  const clock = createTestClock();
  const known = parseKeySet(jwksOf({ first: first.publicKey, rsa: rsa.publicKey, unlisted: unlisted.publicKey }));
  const world = { current: known as KeySet | undefined, next: undefined as KeySet | undefined, refreshed: 0 };
  const verifier = createTokenVerifier({
    clock,
    issuer,
    audience,
    keys: {
      get current() {
        return world.current;
      },
      async refresh() {
        world.refreshed += 1;
        world.current = world.next ?? world.current;
      },
      close() {},
    },
  });
  const nowS = Math.floor(clock.wallMs() / 1_000);
  const claims = {
    iss: issuer,
    aud: [audience, "other"],
    sub: "system:serviceaccount:shop:login",
    iat: nowS,
    exp: nowS + 600,
  };
  const verify = (token: string) => verifier.verify(token, hash("sha256", token));
  const wasValid = (token: string) => verifier.wasValid(hash("sha256", token));
  return { clock, world, nowS, claims, verify, wasValid };
}

const caller = "system:serviceaccount:shop:login";

it("a token of the issuer for this audience names its subject", async () => {
  const { claims, verify } = scene();
  expect(await verify(signed(first.privateKey, claims))).toEqual({ kind: "valid", caller });
  expect(await verify(signed(first.privateKey, { ...claims, aud: audience }))).toEqual({ kind: "valid", caller });
  expect(await verify(signed(rsa.privateKey, claims, { alg: "RS256", kid: "rsa" }))).toEqual({ kind: "valid", caller });
});

type Claims = ReturnType<typeof scene>["claims"];
const claimChanges: readonly { readonly what: string; readonly change: (claims: Claims) => object }[] = [
  { what: "another audience", change: (claims) => ({ ...claims, aud: "verigate2" }) },
  { what: "no audience", change: ({ aud, ...claims }) => claims },
  { what: "another issuer", change: (claims) => ({ ...claims, iss: `${issuer}/` }) },
  { what: "no issuer", change: ({ iss, ...claims }) => claims },
  { what: "no expiry", change: ({ exp, ...claims }) => claims },
  { what: "an expiry that is no number", change: (claims) => ({ ...claims, exp: "9999999999" }) },
  { what: "no subject", change: ({ sub, ...claims }) => claims },
  { what: "a subject that is no text", change: (claims) => ({ ...claims, sub: 7 }) },
  { what: "a subject with a line break", change: (claims) => ({ ...claims, sub: "a\nb" }) },
  { what: "a subject of 257 characters", change: (claims) => ({ ...claims, sub: "a".repeat(257) }) },
  { what: "the name of who shows nothing", change: (claims) => ({ ...claims, sub: "anonymous" }) },
  { what: "a beginning in more than a minute", change: (claims) => ({ ...claims, nbf: claims.iat + 61 }) },
  { what: "an issue in more than a minute", change: (claims) => ({ ...claims, iat: claims.iat + 61 }) },
];

it.each(claimChanges)("a token with $what is not valid", async ({ change }) => {
  const { claims, verify } = scene();
  expect(await verify(signed(first.privateKey, change(claims)))).toEqual({ kind: "not_valid" });
});

it("clocks may differ by a minute", async () => {
  const { claims, nowS, verify } = scene();
  const late = { ...claims, iat: nowS + 60, nbf: nowS + 60 };
  expect(await verify(signed(first.privateKey, late))).toEqual({ kind: "valid", caller });
  expect(await verify(signed(first.privateKey, { ...claims, exp: nowS - 59 }))).toEqual({ kind: "valid", caller });
  expect(await verify(signed(first.privateKey, { ...claims, exp: nowS - 60 }))).toEqual({ kind: "expired" });
});

const forgeries: readonly { readonly what: string; readonly forge: (claims: Claims) => string }[] = [
  { what: "signed by a stranger's key", forge: (claims) => signed(second.privateKey, claims) },
  { what: "of alg none, without a signature", forge: (claims) => `${encoded({ alg: "none" })}.${encoded(claims)}.` },
  {
    what: "of alg none, with the signature of another",
    forge: (claims) => {
      const [, , signature] = signed(first.privateKey, claims).split(".");
      return `${encoded({ alg: "none", kid: "first" })}.${encoded(claims)}.${signature}`;
    },
  },
  {
    what: "of HS256 with the public key as the secret",
    forge: (claims) => {
      const head = `${encoded({ alg: "HS256", kid: "rsa" })}.${encoded(claims)}`;
      const secret = rsa.publicKey.export({ type: "spki", format: "pem" });
      return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
    },
  },
  {
    what: "whose claims were changed",
    forge: (claims) => {
      const [head, , signature] = signed(first.privateKey, claims).split(".");
      return `${head}.${encoded({ ...claims, sub: "admin" })}.${signature}`;
    },
  },
  {
    what: "that brings its own key",
    forge: (claims) =>
      signed(second.privateKey, claims, {
        jwk: second.publicKey.export({ format: "jwk" }),
        jku: "https://evil.example",
      }),
  },
  {
    what: "of an algorithm that is not on our list, though the issuer has such a key and the library would take it",
    forge: (claims) => {
      const head = `${encoded({ alg: "ML-DSA-44", kid: "unlisted" })}.${encoded(claims)}`;
      return `${head}.${sign(null, Buffer.from(head), unlisted.privateKey).toString("base64url")}`;
    },
  },
  { what: "of another algorithm than its key's", forge: (claims) => signed(rsa.privateKey, claims, { alg: "RS256" }) },
  {
    what: "with a demand that is not known",
    forge: (claims) => signed(first.privateKey, claims, { crit: ["x"], x: 1 }),
  },
  { what: "that is no JSON", forge: () => "YWJj.YWJj.YWJj" },
];

it.each(forgeries)("a token $what is not valid", async ({ forge }) => {
  const { claims, verify } = scene();
  expect(await verify(forge(claims))).toEqual({ kind: "not_valid" });
});

it("a forged token that has expired is not valid, rather than expired", async () => {
  const { claims, nowS, verify } = scene();
  expect(await verify(signed(second.privateKey, { ...claims, exp: nowS - 600 }))).toEqual({ kind: "not_valid" });
});

it("what was valid is so without its keys, until it expires", async () => {
  const { clock, claims, verify } = scene();
  const token = signed(first.privateKey, claims);
  await verify(token);
  clock.advance(659_999);
  expect(await verify(token)).toEqual({ kind: "valid", caller });
  clock.advance(1);
  expect(await verify(token)).toEqual({ kind: "expired" });
});

it("a token whose key was withdrawn is not valid any more, although it was", async () => {
  const { world, claims, verify } = scene();
  const token = signed(first.privateKey, claims);
  expect(await verify(token)).toEqual({ kind: "valid", caller });
  world.current = parseKeySet(jwksOf({ second: second.publicKey }));
  expect(await verify(token)).toEqual({ kind: "not_valid" });
});

it("a token was valid from its first check on, and no more once it was not", async () => {
  const { world, claims, verify, wasValid } = scene();
  const token = signed(first.privateKey, claims);
  expect(wasValid(token)).toBe(false);
  await verify(token);
  expect(wasValid(token)).toBe(true);
  world.current = parseKeySet(jwksOf({ second: second.publicKey }));
  expect(wasValid(token)).toBe(true);
  await verify(token);
  expect(wasValid(token)).toBe(false);
});

it("a key that is not there is looked for once, and found when the issuer has it by then", async () => {
  const { world, claims, verify } = scene();
  const token = signed(second.privateKey, claims, { kid: "second" });
  expect(await verify(token)).toEqual({ kind: "not_valid" });
  expect(world.refreshed).toBe(1);
  world.next = parseKeySet(jwksOf({ second: second.publicKey }));
  expect(await verify(token)).toEqual({ kind: "valid", caller });
});

it("without any keys nobody can tell", async () => {
  const { claims, world, verify } = scene();
  const { current } = world;
  world.current = undefined;
  expect(await verify(signed(first.privateKey, claims))).toEqual({ kind: "unavailable" });
  world.next = current;
  expect(await verify(signed(first.privateKey, claims))).toEqual({ kind: "valid", caller });
});
