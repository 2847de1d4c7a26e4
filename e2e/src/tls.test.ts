import { request as httpsRequest } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { credentials } from "@grpc/grpc-js";
import { expect, onTestFinished } from "vitest";
import { type Certificate, type Certificates, makeCertificates } from "./certificates.ts";
import { refusedAtLeast, startGateway } from "./gateway-under-test.ts";
import { grpcJsClient } from "./grpc-js-client.ts";
import { textUntilEnd, writeInPieces } from "./raw-http.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { aService } from "./samples.ts";
import { startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const test = testWith(openssl);

const tlsEnv = ({ server }: Certificates) => ({
  VERIGATE_TLS_CERT_FILE: server.certFile,
  VERIGATE_TLS_KEY_FILE: server.keyFile,
});
const mutualTlsEnv = (certificates: Certificates) => ({
  ...tlsEnv(certificates),
  VERIGATE_TLS_CLIENT_CA_FILE: certificates.authority.certFile,
});

test("grpc-js logs a user in over TLS", async () => {
  const certificates = await makeCertificates();
  const sandbox = await startSandbox();
  const gateway = await startGateway({ upstream: sandbox, env: tlsEnv(certificates) });
  const channel = credentials.createSsl(certificates.authority.cert);
  const client = (service: string) => grpcJsClient(gateway.authority, `verigate.v1.${service}`, channel);
  const phoneNumber = "+37255555555";

  const { service } = await client("ServiceAPI").unary("CreateService", { fqdn: "shop.example", name: "Shop" });
  const serviceId = (service as { id: string }).id;
  const { user } = await client("UserAPI").unary("CreateUser", { serviceId, phoneNumber, idInService: "anna" });
  const login = { serviceId, userId: (user as { id: string }).id };
  const auth = client("AuthAPI");
  await auth.unary("InitiateAuth", { ...login, method: "AUTH_METHOD_SMS" });
  const pin = await sandbox.pinOf(phoneNumber);
  expect(await auth.unary("VerifyPin", { ...login, pin: wrongPin(pin) })).toMatchObject({ verified: false });
  expect(await auth.unary("VerifyPin", { ...login, pin })).toMatchObject({ verified: true });
});

test("ALPN chooses HTTP/2 before HTTP/1.1, and HTTP/1.1 for who speaks nothing else", async () => {
  const certificates = await makeCertificates();
  const gateway = await startGateway({ upstream: { url: "http://127.0.0.1:9" }, env: tlsEnv(certificates) });
  const ca = certificates.authority.cert;
  const protocolOf = async (ALPNProtocols: string[] | undefined) =>
    (await handshake(gateway.port, { ca, ...(ALPNProtocols && { ALPNProtocols }) })).alpnProtocol;
  expect(await protocolOf(["http/1.1", "h2"])).toBe("h2");
  expect(await protocolOf(["http/1.1"])).toBe("http/1.1");
  expect(await protocolOf(undefined)).toBe(false);
});

test("https with HTTP/1.1 is served", async () => {
  const certificates = await makeCertificates();
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream, env: tlsEnv(certificates) });
  expect(await getService(gateway.port, { ca: certificates.authority.cert })).toMatchObject({
    service: { name: "Shop" },
  });
});

test("by TLS, too, a request that is refused before its 512 KiB have come gets the whole answer, and no reset", async () => {
  const certificates = await makeCertificates();
  const gateway = await startGateway({ upstream: { url: "http://127.0.0.1:9" }, env: tlsEnv(certificates) });
  const upload = Buffer.alloc(512 * 1024);
  const socket = await handshake(gateway.port, { ca: certificates.authority.cert });
  socket.on("error", () => {});
  socket.write(
    "POST /verigate.v1.UserAPI/Nothing HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      `content-length: ${upload.length}\r\n\r\n`,
  );
  await writeInPieces(socket, upload);
  expect(socket.errored).toBeNull();
  expect(await textUntilEnd(socket)).toMatch(/^HTTP\/1\.1 404 [\s\S]*"METHOD_UNKNOWN"[\s\S]*\}$/);
});

test("cleartext at a TLS listener is refused and counted, and the next caller is served", async () => {
  const certificates = await makeCertificates();
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream, env: tlsEnv(certificates) });
  await expect(fetch(`http://${gateway.authority}/`)).rejects.toThrow();
  expect(await refusedAtLeast(gateway, 1)).toBe(1);
  await getService(gateway.port, { ca: certificates.authority.cert });
});

test("with a client CA, a caller with its certificate is served", async () => {
  const certificates = await makeCertificates();
  const { authority, client } = certificates;
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream, env: mutualTlsEnv(certificates) });
  const { cert, key } = client;
  expect(await getService(gateway.port, { ca: authority.cert, cert, key })).toMatchObject({ service: { id: "s1" } });
  const channel = credentials.createSsl(authority.cert, key, cert);
  const { service } = await grpcJsClient(gateway.authority, "verigate.v1.ServiceAPI", channel).unary("GetService", {
    serviceId: "s1",
  });
  expect(service).toMatchObject({ id: "s1" });
});

const intruders: readonly {
  readonly name: string;
  readonly certificate: (all: Certificates) => Partial<Certificate>;
}[] = [
  { name: "without a certificate", certificate: () => ({}) },
  { name: "with a certificate of another authority", certificate: ({ stranger }) => stranger },
];

test.each(intruders)("with a client CA, a caller $name is refused and counted, and upstream not asked", async (row) => {
  const certificates = await makeCertificates();
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream, env: mutualTlsEnv(certificates) });
  const { cert, key } = row.certificate(certificates);
  const own = cert === undefined || key === undefined ? {} : { cert, key };
  await expect(getService(gateway.port, { ca: certificates.authority.cert, ...own })).rejects.toThrow();
  expect(await refusedAtLeast(gateway, 1)).toBe(1);
  expect(upstream.arrivals).toBe(0);
});

test("with a client CA, a listener beyond loopback needs nothing else", async () => {
  const certificates = await makeCertificates();
  const gateway = await startGateway({
    upstream: { url: "http://127.0.0.1:9" },
    env: { ...mutualTlsEnv(certificates), VERIGATE_LISTEN: "0.0.0.0:0" },
  });
  expect(gateway.port).toBeGreaterThan(0);
});

interface TlsClientOptions {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly ALPNProtocols?: string[];
}

function handshake(port: number, options: TlsClientOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", servername: "localhost", port, ...options }, () => resolve(socket));
    socket.once("error", reject);
    onTestFinished(() => {
      socket.destroy();
    });
  });
}

function getService(port: number, options: TlsClientOptions): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: "localhost",
        port,
        agent: false,
        method: "POST",
        path: "/verigate.v1.ServiceAPI/GetService",
        headers: { "content-type": "application/json" },
        ...options,
      },
      (response) => {
        response.setEncoding("utf8").on("data", (text: string) => resolve(JSON.parse(text)));
      },
    );
    request.once("error", reject);
    request.end('{"serviceId":"s1"}');
  });
}
