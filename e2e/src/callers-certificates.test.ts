import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { createVerigateClient } from "@verigate/client";
import { expect, onTestFinished } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { type Certificate, type Certificates, clientExtensions, makeCertificates } from "./certificates.ts";
import { eventually } from "./eventually.ts";
import { refusedAtLeast, startGateway } from "./gateway-under-test.ts";
import { jsonCall } from "./json-call.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { aService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const test = testWith(openssl);
const key = "vg_a-key-of-the-login-service";

/** A policy that lets in these callers alone: who is served has one of these names. */
const policyFor = (...names: readonly string[]) =>
  fileOf(
    `version: 1\ncallers:\n${names.map((name) => `  - {name: "${name}", methods: ["*"], services: ["*"]}\n`).join("")}`,
  ).path;

/** A gateway whose callers show certificates. */
async function scene(certificates: Certificates, env: Record<string, string> = {}) {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const { server, authority } = certificates;
  const gateway = await startGateway({
    upstream,
    env: {
      VERIGATE_TLS_CERT_FILE: server.certFile,
      VERIGATE_TLS_KEY_FILE: server.keyFile,
      VERIGATE_TLS_CLIENT_CA_FILE: authority.certFile,
      ...env,
    },
  });
  const call = (own: Certificate | undefined, authorization?: string) =>
    jsonCall({
      port: gateway.port,
      tls: { ca: authority.cert, ...(own === undefined ? {} : { cert: own.cert, key: own.key }) },
      headers: authorization === undefined ? {} : { authorization },
    });
  return { upstream, gateway, call };
}

test("a certificate names its caller by SPIFFE id, or else by DNS name", async () => {
  const certificates = await makeCertificates();
  const { client, sign } = certificates;
  const workload = await sign("workload", clientExtensions("URI:spiffe://shop/ns/login,DNS:other.internal"));
  const names = policyFor("spiffe://shop/ns/login", "login.internal");
  const { call } = await scene(certificates, { VERIGATE_POLICY_FILE: names });

  expect((await call(client)).status).toBe(200);
  expect((await call(workload)).status).toBe(200);
  const other = await sign("other", clientExtensions("DNS:other.internal"));
  expect(await call(other)).toMatchObject({ status: 403, reason: "CALLER_NOT_ALLOWED" });
});

test("a certificate is asked for once a connection, and its caller known over HTTP/2 as well", async () => {
  const certificates = await makeCertificates();
  const { gateway } = await scene(certificates, { VERIGATE_POLICY_FILE: policyFor("login.internal") });
  const { cert, key: clientKey } = certificates.client;
  const client = createVerigateClient({
    address: `https://localhost:${gateway.port}`,
    tls: { ca: certificates.authority.cert, cert, key: clientKey },
  });
  onTestFinished(() => client.close());
  for (let each = 0; each < 3; each += 1) {
    expect((await client.services.getService({ serviceId: "s1" })).service?.id).toBe("s1");
  }
});

const nameless = [
  { what: "only a common name", extensions: "extendedKeyUsage=clientAuth" },
  { what: "a wildcard", extensions: clientExtensions("DNS:*.internal") },
  { what: "two SPIFFE ids", extensions: clientExtensions("URI:spiffe://a/x,URI:spiffe://b/y") },
  { what: "the name of who shows nothing", extensions: clientExtensions("DNS:anonymous") },
  {
    what: "a name that holds another",
    extensions: `${clientExtensions("@names")}\n[names]\nURI.1=spiffe://shop/é\\, DNS:admin`,
  },
];

test.each(nameless)(
  "a certificate with $what names nobody, and is refused, also beside a right key",
  async ({ extensions }) => {
    const certificates = await makeCertificates();
    const { upstream, call } = await scene(certificates, { VERIGATE_KEYS_FILE: fileOf(keysOf({ orders: key })).path });
    const own = await certificates.sign("nameless", extensions);
    for (const authorization of [undefined, `Bearer ${key}`]) {
      const { status, reason } = await call(own, authorization);
      expect([status, reason]).toEqual([401, "CALLER_UNAUTHENTICATED"]);
    }
    expect(upstream.arrivals).toBe(0);
  },
);

test("a certificate that is for servers is refused", async () => {
  const certificates = await makeCertificates();
  const { call } = await scene(certificates);
  const forServers = await certificates.sign("server-only", "extendedKeyUsage=serverAuth\nsubjectAltName=DNS:x");
  await expect(call(forServers)).rejects.toThrow();
});

test("where a key comes with a certificate both have to be right, and the key names the caller", async () => {
  const certificates = await makeCertificates();
  const { client, stranger } = certificates;
  const { call } = await scene(certificates, {
    VERIGATE_KEYS_FILE: fileOf(keysOf({ orders: key })).path,
    VERIGATE_POLICY_FILE: policyFor("orders"),
  });
  expect((await call(client, `Bearer ${key}`)).status).toBe(200);
  expect(await call(client)).toMatchObject({ status: 403 });
  expect(await call(client, "Bearer vg_wrong")).toMatchObject({ status: 401 });
  await expect(call(undefined, `Bearer ${key}`)).rejects.toThrow();
  await expect(call(stranger, `Bearer ${key}`)).rejects.toThrow();
});

test("a trusted listener does without a certificate, but not with a foreign one", async () => {
  const certificates = await makeCertificates();
  const { gateway, call } = await scene(certificates, { VERIGATE_TRUSTED_LISTEN: "127.0.0.1:0" });
  expect((await call(undefined)).status).toBe(200);
  expect((await call(certificates.client)).status).toBe(200);
  await expect(call(certificates.stranger)).rejects.toThrow();
  expect(await refusedAtLeast(gateway, 1)).toBe(1);
});

test("when the authorities change, new ones get in, old ones don't, and a resumed connection is no way around", async () => {
  const certificates = await makeCertificates();
  const others = await makeCertificates();
  const authorities = fileOf(certificates.authority.cert);
  const { gateway, call } = await scene(certificates, { VERIGATE_TLS_CLIENT_CA_FILE: authorities.path });
  const session = await sessionOf(gateway.port, certificates);
  expect((await connectWith(gateway.port, certificates, session)).isSessionReused()).toBe(true);

  authorities.replace(others.authority.cert);
  await eventually(async () => ((await isServed(call(others.client))) ? true : undefined));
  expect(await isServed(call(certificates.client))).toBe(false);
  const resumed = await connectWith(gateway.port, certificates, session);
  expect(resumed.isSessionReused()).toBe(false);
  await once(resumed.resume(), "close");
});

function isServed(call: ReturnType<typeof jsonCall>): Promise<boolean> {
  return call.then(
    ({ status }) => status === 200,
    () => false,
  );
}

async function connectWith(port: number, { authority, client }: Certificates, session?: Buffer): Promise<TLSSocket> {
  const { cert, key: clientKey } = client;
  const own = { cert, key: clientKey, ca: authority.cert, ...(session === undefined ? {} : { session }) };
  const socket = connect({ host: "127.0.0.1", servername: "localhost", port, ...own });
  socket.on("error", () => {});
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "secureConnect");
  return socket;
}

async function sessionOf(port: number, certificates: Certificates): Promise<Buffer> {
  const socket = await connectWith(port, certificates);
  const [session] = await once(socket.resume(), "session");
  return session;
}
