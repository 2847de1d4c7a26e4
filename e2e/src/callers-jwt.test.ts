import { createHmac, createPublicKey, type JsonWebKey } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createVerigateClient } from "@verigate/client";
import { expect, onTestFinished, test } from "vitest";
import { startTunnelProxy } from "../chaos/tunnel-proxy.ts";
import { audience, createIssuer, encoded, fileOf, keysOf, type TokenIssuer } from "./caller-credentials.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { eventually } from "./eventually.ts";
import { startGateway } from "./gateway-under-test.ts";
import { jsonCall } from "./json-call.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { aService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const testWithTls = testWith(openssl);
const settingsOf = (issuer: TokenIssuer, jwks: string) => ({
  VERIGATE_JWT_ISSUER: issuer.name,
  VERIGATE_JWT_AUDIENCE: audience,
  VERIGATE_JWT_JWKS: jwks,
});

/** A gateway that lets in whom an issuer names. */
async function scene(jwks: string, issuer: TokenIssuer, env: Record<string, string> = {}) {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream, env: { ...settingsOf(issuer, jwks), ...env } });
  const call = (token: string) => jsonCall({ port: gateway.port, headers: { authorization: `Bearer ${token}` } });
  return { upstream, gateway, call };
}

test("a Kubernetes service-account token lets its subject in, with keys in a file", async () => {
  const issuer = createIssuer();
  const { call } = await scene(fileOf(issuer.jwks).path, issuer);
  const claims = {
    sub: "system:serviceaccount:shop:login",
    "kubernetes.io": { namespace: "shop", serviceaccount: { name: "login", uid: "6b5ad9d2" } },
  };
  expect((await call(issuer.token(claims))).status).toBe(200);
});

const nowS = () => Math.floor(Date.now() / 1_000);
const badTokens: readonly {
  readonly what: string;
  readonly problem: string;
  readonly forge: (issuer: TokenIssuer) => string;
}[] = [
  { what: "of another issuer's key", problem: "not valid", forge: () => createIssuer().token() },
  { what: "for another audience", problem: "not valid", forge: (issuer) => issuer.token({ aud: ["elsewhere"] }) },
  {
    what: "of another issuer's name",
    problem: "not valid",
    forge: (issuer) => issuer.token({ iss: "https://evil.example" }),
  },
  { what: "that has expired", problem: "expired", forge: (issuer) => issuer.token({ exp: nowS() - 120 }) },
  { what: "that never expires", problem: "not valid", forge: (issuer) => issuer.token({ exp: undefined }) },
  { what: "that is not valid yet", problem: "not valid", forge: (issuer) => issuer.token({ nbf: nowS() + 600 }) },
  {
    what: "of alg none",
    problem: "not valid",
    forge: (issuer) => `${encoded({ alg: "none" })}.${issuer.token().split(".")[1]}.`,
  },
  { what: "that is signed by the public key as a secret", problem: "not valid", forge: confused },
  {
    what: "whose subject would break a log line",
    problem: "not valid",
    forge: (issuer) => issuer.token({ sub: "a\r\nb" }),
  },
];

/** A token of HS256, whose secret is what everybody knows. */
function confused(issuer: TokenIssuer): string {
  const [key] = (JSON.parse(issuer.jwks) as { keys: JsonWebKey[] }).keys;
  const secret = createPublicKey({ key: key ?? {}, format: "jwk" }).export({ type: "spki", format: "pem" });
  const head = `${encoded({ alg: "HS256", kid: "key-1" })}.${issuer.token().split(".")[1]}`;
  return `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
}

test.each(badTokens)("a token $what is refused as $problem, and upstream not asked", async ({ problem, forge }) => {
  const issuer = createIssuer();
  const { upstream, call } = await scene(fileOf(issuer.jwks).path, issuer);
  const { status, reason, message } = await call(forge(issuer));
  expect([status, reason]).toEqual([401, "CALLER_UNAUTHENTICATED"]);
  expect(message).toMatch(problem === "expired" ? /have expired$/ : /are not valid$/);
  expect(upstream.arrivals).toBe(0);
});

test("keys and tokens work side by side", async () => {
  const issuer = createIssuer();
  const keys = fileOf(keysOf({ setup: "vg_setup" }));
  const { call } = await scene(fileOf(issuer.jwks).path, issuer, { VERIGATE_KEYS_FILE: keys.path });
  expect((await call("vg_setup")).status).toBe(200);
  expect((await call(issuer.token())).status).toBe(200);
  expect((await call("vg_other")).status).toBe(401);
});

test("who shows wrong credentials does not lock out the tokens of others behind the same address, not the new ones either", async () => {
  const issuer = createIssuer();
  const { call } = await scene(fileOf(issuer.jwks).path, issuer, { VERIGATE_LIMIT_AUTH_FAILURES: "1" });
  expect((await call("vg_wrong")).status).toBe(401);
  // Fewer than an address always has turns for.
  for (let each = 0; each < 10; each += 1) {
    const token = issuer.token({ jti: String(each) });
    expect(await call("vg_wrong")).toMatchObject({ status: 429, reason: "CALLER_RATE_LIMITED" });
    expect((await call(token)).status).toBe(200);
    expect((await call(token)).status).toBe(200);
  }
});

test("keys in a file that changes are followed, and tokens of the old ones refused", async () => {
  const [before, after] = [createIssuer(), createIssuer("key-2")];
  const file = fileOf(before.jwks);
  const { call } = await scene(file.path, before);
  const old = before.token();
  expect((await call(old)).status).toBe(200);
  expect((await call(after.token())).status).toBe(401);
  file.replace(after.jwks);
  await eventually(async () => ((await call(after.token())).status === 200 ? true : undefined));
  expect((await call(old)).status).toBe(401);
});

/** An issuer's server, as the Kubernetes API is one: with a certificate of its own authority, for who has a token. */
async function startKeyServer({ server: { cert, key } }: Certificates, text: string) {
  const world = { text, status: 200, location: "" };
  const asked: (string | undefined)[] = [];
  const server: Server = createServer({ cert, key }, (request, response) => {
    asked.push(request.headers.authorization);
    const location = world.location === "" ? {} : { location: world.location };
    response.writeHead(world.status, { "content-type": "application/jwk-set+json", ...location }).end(world.text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { world, asked, url: `https://localhost:${(server.address() as AddressInfo).port}/openid/v1/jwks` };
}

testWithTls("keys are fetched from an https URL, with its authority and the gateway's own token", async () => {
  const certificates = await makeCertificates();
  const issuer = createIssuer();
  const keyServer = await startKeyServer(certificates, issuer.jwks);
  const token = fileOf("projected-token\n");
  const { call } = await scene(keyServer.url, issuer, {
    VERIGATE_JWT_JWKS_CA_FILE: certificates.authority.certFile,
    VERIGATE_JWT_JWKS_TOKEN_FILE: token.path,
  });
  expect((await call(issuer.token())).status).toBe(200);
  expect(keyServer.asked).toEqual(["Bearer projected-token"]);
});

testWithTls("tokens of keys that are not there make at most one more fetch, whoever sends how many", async () => {
  const certificates = await makeCertificates();
  const issuer = createIssuer();
  const keyServer = await startKeyServer(certificates, issuer.jwks);
  const { call } = await scene(keyServer.url, issuer, {
    VERIGATE_JWT_JWKS_CA_FILE: certificates.authority.certFile,
    VERIGATE_LIMIT_AUTH_FAILURES: "0",
  });
  expect((await call(issuer.token())).status).toBe(200);
  for (let each = 0; each < 50; each += 1) {
    expect((await call(createIssuer(`unknown-${each}`).token())).status).toBe(401);
  }
  expect(keyServer.asked).toHaveLength(1);
});

const brokenKeyServers = [
  { what: "redirects", status: 302, location: "https://localhost:1/" },
  { what: "fails", status: 500, location: "" },
];

testWithTls.each(brokenKeyServers)(
  "while the issuer's server $what, nobody can tell: UNAVAILABLE, and no wrong guess",
  async ({ status, location }) => {
    const certificates = await makeCertificates();
    const issuer = createIssuer();
    const keyServer = await startKeyServer(certificates, issuer.jwks);
    Object.assign(keyServer.world, { status, location });
    const { gateway, call } = await scene(keyServer.url, issuer, {
      VERIGATE_JWT_JWKS_CA_FILE: certificates.authority.certFile,
      VERIGATE_LIMIT_AUTH_FAILURES: "1",
    });
    for (let each = 0; each < 3; each += 1) {
      expect(await call(issuer.token())).toMatchObject({ status: 503, reason: "CALLER_UNAUTHENTICATED" });
    }
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(text).toMatch(/^verigate_jwks_failures_total [1-9]/m);
    expect(text).toContain('verigate_auth_failures_total{credential="jwt",reason="unavailable"} 3');

    Object.assign(keyServer.world, { status: 200, location: "" });
    await eventually(async () => ((await call(issuer.token())).status === 200 ? true : undefined));
  },
);

testWithTls("the issuer's server is not trusted by a certificate of anybody", async () => {
  const certificates = await makeCertificates();
  const issuer = createIssuer();
  const keyServer = await startKeyServer(certificates, issuer.jwks);
  const { call } = await scene(keyServer.url, issuer, {
    VERIGATE_JWT_JWKS_CA_FILE: certificates.stranger.certFile,
  });
  expect((await call(issuer.token())).status).toBe(503);
  expect(keyServer.asked).toEqual([]);
});

testWithTls("keys are fetched through the egress proxy, but for hosts that are excepted", async () => {
  const certificates = await makeCertificates();
  const issuer = createIssuer();
  const keyServer = await startKeyServer(certificates, issuer.jwks);
  const proxy = await startTunnelProxy();
  onTestFinished(() => proxy.close());
  const env = { VERIGATE_JWT_JWKS_CA_FILE: certificates.authority.certFile, HTTPS_PROXY: proxy.url };
  const proxied = await scene(keyServer.url, issuer, env);
  expect((await proxied.call(issuer.token())).status).toBe(200);
  expect(proxy.asked).toEqual([new URL(keyServer.url).host]);
  const direct = await scene(keyServer.url, issuer, { ...env, NO_PROXY: "localhost" });
  expect((await direct.call(issuer.token())).status).toBe(200);
  expect(proxy.asked).toHaveLength(1);
});

testWithTls("the client package logs in over TLS with a token that is supplied for each call", async () => {
  const certificates = await makeCertificates();
  const issuer = createIssuer();
  const { gateway } = await scene(fileOf(issuer.jwks).path, issuer, {
    VERIGATE_LISTEN: "0.0.0.0:0",
    VERIGATE_TLS_CERT_FILE: certificates.server.certFile,
    VERIGATE_TLS_KEY_FILE: certificates.server.keyFile,
  });
  let supplied = 0;
  const client = createVerigateClient({
    address: `https://localhost:${gateway.port}`,
    tls: { ca: certificates.authority.cert },
    bearerToken() {
      supplied += 1;
      return issuer.token({ jti: String(supplied) });
    },
  });
  onTestFinished(() => client.close());
  for (let each = 0; each < 3; each += 1) {
    expect((await client.services.getService({ serviceId: "s1" })).service?.id).toBe("s1");
  }
  expect(supplied).toBe(3);
});
