import { hash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterAll, expect, it } from "vitest";
import { trustedListeners } from "../callers/trusted-listeners.ts";
import { configFromEnv, type Env } from "./config-from-env.ts";
import { ConfigMistakes } from "./config-mistakes.ts";

const folder = mkdtempSync(join(tmpdir(), "verigate-callers-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string): string {
  const path = join(folder, crypto.randomUUID());
  writeFileSync(path, content);
  return path;
}

const account = { MESSENTE_API_USERNAME: "user", MESSENTE_API_PASSWORD: "password" };
const keys = { VERIGATE_KEYS_FILE: fileOf(`login sha256:${hash("sha256", "vg_key")}\n`) };
const jwks = fileOf('{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}');
const tokens = {
  VERIGATE_JWT_ISSUER: "https://issuer.example",
  VERIGATE_JWT_AUDIENCE: "verigate",
  VERIGATE_JWT_JWKS: jwks,
};
const url = { ...tokens, VERIGATE_JWT_JWKS: "https://issuer.example/jwks" };
const beyond = { VERIGATE_LISTEN: "0.0.0.0:8080" };
const [certificate = ""] = rootCertificates;
const certificateFile = fileOf(certificate);
const noCertificate = fileOf("secret-0451");
const badCertificate = fileOf("-----BEGIN CERTIFICATE-----\nc2VjcmV0LTA0NTE=\n-----END CERTIFICATE-----\n");

function mistakesOf(env: Env): readonly string[] {
  try {
    configFromEnv({ ...account, ...env });
    return [];
  } catch (error) {
    return error instanceof ConfigMistakes ? error.mistakes : [String(error)];
  }
}

it.each([
  [{ ...beyond, ...keys }, "VERIGATE_LISTEN: keys and tokens would come unencrypted to 0.0.0.0:8080"],
  [{ VERIGATE_LISTEN: "127.0.0.1:1,[::]:8080", ...tokens }, "would come unencrypted to [::]:8080"],
  [{ ...keys, VERIGATE_ALLOW_UNAUTHENTICATED: "true" }, "VERIGATE_ALLOW_UNAUTHENTICATED: callers are to authenticate"],
  [{ VERIGATE_TRUSTED_LISTEN: "127.0.0.1:8080" }, "VERIGATE_TRUSTED_LISTEN: without keys"],
  [
    { ...keys, VERIGATE_TRUSTED_LISTEN: "127.0.0.1:1" },
    "VERIGATE_TRUSTED_LISTEN: 127.0.0.1:1 is not in VERIGATE_LISTEN",
  ],
  [
    { ...beyond, ...keys, VERIGATE_ALLOW_PLAINTEXT_TOKENS: "true", VERIGATE_TRUSTED_LISTEN: "0.0.0.0:8080" },
    "VERIGATE_TRUSTED_LISTEN: 0.0.0.0:8080 can be reached from other machines",
  ],
  [{ ...keys, VERIGATE_TRUSTED_LISTEN: "nobody" }, 'VERIGATE_TRUSTED_LISTEN: "nobody" is neither host:port'],
  [{ VERIGATE_JWT_JWKS: jwks }, "VERIGATE_JWT_ISSUER and VERIGATE_JWT_AUDIENCE: missing"],
  [{ VERIGATE_JWT_ISSUER: "x", VERIGATE_JWT_AUDIENCE: "y" }, "VERIGATE_JWT_JWKS: missing"],
  [{ ...tokens, VERIGATE_JWT_JWKS: "http://issuer.example/jwks" }, "VERIGATE_JWT_JWKS: is neither an https URL nor"],
  [{ ...tokens, VERIGATE_JWT_JWKS: "/no/such/file" }, "VERIGATE_JWT_JWKS: the file"],
  [{ ...tokens, VERIGATE_JWT_JWKS: fileOf('{"keys":[]}') }, "is not of the right form"],
  [{ ...tokens, VERIGATE_JWT_JWKS: fileOf("secret-0451") }, "is not of the right form"],
  [
    { ...tokens, VERIGATE_JWT_JWKS_TOKEN: "secret-0451" },
    "VERIGATE_JWT_JWKS_TOKEN: is for a VERIGATE_JWT_JWKS that is a URL",
  ],
  [
    { ...tokens, VERIGATE_JWT_JWKS_CA_FILE: fileOf(certificate) },
    "VERIGATE_JWT_JWKS_CA_FILE: is for a VERIGATE_JWT_JWKS",
  ],
  [{ ...url, VERIGATE_JWT_JWKS_CA_FILE: fileOf("nothing") }, "VERIGATE_JWT_JWKS_CA_FILE: the file"],
  [
    { VERIGATE_UPSTREAM_CA_FILE: noCertificate },
    `VERIGATE_UPSTREAM_CA_FILE: the file "${noCertificate}": there is no certificate in PEM`,
  ],
  [
    { VERIGATE_UPSTREAM_CA_FILE: badCertificate },
    `VERIGATE_UPSTREAM_CA_FILE: the file "${badCertificate}": a certificate can't be read`,
  ],
  [
    { VERIGATE_TLS_CLIENT_CA_FILE: noCertificate },
    `VERIGATE_TLS_CLIENT_CA_FILE: the file "${noCertificate}": there is`,
  ],
  [{ VERIGATE_TLS_CLIENT_CA_FILE: fileOf(certificate) }, "VERIGATE_TLS_CLIENT_CA_FILE: needs VERIGATE_TLS_CERT_FILE"],
  [{ VERIGATE_TLS_CERT_FILE: fileOf(certificate) }, "one is of no use without the other"],
  [
    { VERIGATE_TLS_CERT_FILE: certificateFile, VERIGATE_TLS_KEY_FILE: keys.VERIGATE_KEYS_FILE },
    `not a certificate and its key in "${certificateFile}" and "${keys.VERIGATE_KEYS_FILE}" (ERR_`,
  ],
  [{ VERIGATE_KEYS_FILE: fileOf("login secret-0451") }, ":1: is not `name sha256:"],
  [{ VERIGATE_POLICY_FILE: fileOf("version: 1") }, ":1: callers must be a list"],
])("%j is a mistake", (env, mistake) => {
  const mistakes = mistakesOf(env);
  expect(mistakes).toEqual([expect.stringContaining(mistake)]);
  expect(mistakes.join()).not.toContain("secret-0451");
});

it.each([
  { ...keys },
  { ...tokens, VERIGATE_POLICY_FILE: fileOf("version: 1\ncallers: []") },
  { ...url, VERIGATE_JWT_JWKS_CA_FILE: fileOf(certificate), VERIGATE_JWT_JWKS_TOKEN: "token" },
  { ...beyond, ...keys, VERIGATE_ALLOW_PLAINTEXT_TOKENS: "true" },
  { ...keys, VERIGATE_TRUSTED_LISTEN: "127.0.0.1:8080" },
  { ...keys, VERIGATE_TRUSTED_LISTEN: "none" },
])("%j is fine", (env) => {
  expect(mistakesOf(env)).toEqual([]);
});

it("a file of keys that can't be read is one mistake, however much hangs on it", () => {
  expect(mistakesOf({ ...beyond, VERIGATE_KEYS_FILE: "/no/such/file" })).toEqual([
    expect.stringMatching(/^VERIGATE_KEYS_FILE: the file/),
  ]);
});

const listeners = { VERIGATE_LISTEN: "127.0.0.1:8080,unix:/run/a.sock,[::1]:8080" };

it.each([
  [listeners, ["127.0.0.1:8080", "unix:/run/a.sock", "[::1]:8080"]],
  [{ ...listeners, ...keys }, ["unix:/run/a.sock"]],
  [{ ...listeners, ...tokens }, ["unix:/run/a.sock"]],
  [{ ...listeners, ...keys, VERIGATE_TRUSTED_LISTEN: "[::1]:8080" }, ["[::1]:8080"]],
  [{ ...listeners, ...keys, VERIGATE_TRUSTED_LISTEN: "none" }, []],
  [{ ...beyond, VERIGATE_ALLOW_UNAUTHENTICATED: "true" }, ["0.0.0.0:8080"]],
])("of %j, the trusted listeners are %j", (env, trusted) => {
  expect([...trustedListeners(configFromEnv({ ...account, ...env }).values)]).toEqual(trusted);
});
