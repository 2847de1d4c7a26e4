import { X509Certificate } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from "node:http2";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { status } from "@grpc/grpc-js";
import { createVerigateClient } from "@verigate/client";
import { expect, onTestFinished, test } from "vitest";
import { fileOf } from "./caller-credentials.ts";
import { makeCertificates } from "./certificates.ts";
import { eventually } from "./eventually.ts";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { grpcJsClient } from "./grpc-js-client.ts";
import { jsonCall } from "./json-call.ts";
import { enveloped } from "./raw-http.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { aService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const testWithCertificates = testWith(openssl);
const young = { VERIGATE_MAX_CONNECTION_AGE: "300ms" };
const getService = { serviceId: "s1" };

/** Connections that a gateway has taken, and those of them that are open. */
function connectionsTo({ port }: GatewayUnderTest) {
  const seen = { taken: 0, open: 0 };
  const onSocket = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    if (socket.localPort === port) {
      seen.taken += 1;
      seen.open += 1;
      socket.once("close", () => {
        seen.open -= 1;
      });
    }
  };
  subscribe("net.server.socket", onSocket);
  onTestFinished(() => {
    unsubscribe("net.server.socket", onSocket);
  });
  return seen;
}

/** An upstream that holds its answers back until it is told. */
async function startHeldUpstream() {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startScriptedUpstream(async () => {
    await held;
    return { status: 200, body: aService };
  });
  return { upstream, release };
}

function sessionTo(url: string, options?: SecureClientSessionOptions): ClientHttp2Session {
  const session = connect(url, options);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  return session;
}

/** A call in JSON over HTTP/2; fulfils with its answer's status and text. */
async function callOver(session: ClientHttp2Session): Promise<readonly [number | undefined, string]> {
  const path = "/verigate.v1.ServiceAPI/GetService";
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/json" });
  stream.end(JSON.stringify(getService));
  const [headers] = await once(stream, "response");
  return [headers[":status"], await text(stream)];
}

/** Ways to call again and again, over connections that are kept. */
const clients: Readonly<Record<string, (gateway: GatewayUnderTest) => () => Promise<unknown>>> = {
  "grpc-js": ({ authority }) => {
    const client = grpcJsClient(authority, "verigate.v1.ServiceAPI");
    return () => client.unary("GetService", getService);
  },
  "our client": ({ authority }) => {
    const client = createVerigateClient({ address: `http://${authority}` });
    onTestFinished(() => client.close());
    return () => client.services.getService(getService);
  },
  "HTTP/1.1": ({ port }) => {
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    return () => jsonCall({ port, agent });
  },
};

test.each(Object.keys(clients))("connections reach their age under a load of %s, and no call fails", async (name) => {
  const upstream = await startScriptedUpstream(async () => {
    // As an upstream takes its time; so some calls are always under way.
    await delay(5);
    return { status: 200, body: aService };
  });
  const gateway = await startGateway({ upstream, env: young });
  const connections = connectionsTo(gateway);
  const call = (clients[name] ?? expect.unreachable())(gateway);
  const failures: unknown[] = [];
  let isOver = false;
  const callers = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      await call().catch((error: unknown) => failures.push(error));
    }
  });
  await eventually(() => connections.taken - connections.open >= 6 || undefined);
  isOver = true;
  await Promise.all(callers);
  expect(failures).toEqual([]);
});

test("a call that is in flight when its connection reaches its age is answered, and then the connection ends", async () => {
  const { upstream, release } = await startHeldUpstream();
  const { authority } = await startGateway({ upstream, env: young });
  const session = sessionTo(`http://${authority}`);
  const closed = once(session, "close");
  const call = callOver(session);
  await once(session, "goaway");
  await upstream.received(1);
  release();
  expect(await call).toEqual([200, expect.stringContaining("Shop")]);
  await closed;
});

test("over HTTP/1.1, an answer says that the connection has reached its age, and is its last one", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream, env: young });
  const connections = connectionsTo(gateway);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const last = await eventually(async () => {
    const { headers } = await jsonCall({ port: gateway.port, agent });
    return headers.connection === "close" ? headers : undefined;
  });
  expect(last["content-type"]).toBe("application/json");
  expect(connections.taken).toBe(1);
  await eventually(() => connections.open === 0 || undefined);
});

test("a Watch ends when its connection reaches its age, so that the connection can end", async () => {
  const { upstream } = await startHeldUpstream();
  const gateway = await startGateway({ upstream, env: young });
  const connections = connectionsTo(gateway);
  const watch = grpcJsClient(gateway.authority, "grpc.health.v1.Health").stream("Watch", {});
  const [error] = await once(watch.resume(), "error");
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: "the connection is about to end" });
  await eventually(() => connections.open === 0 || undefined);
});

test("over HTTP/1.1, a Watch ends as well, and the next one's answer says that the connection has reached its age", async () => {
  const { upstream } = await startHeldUpstream();
  const gateway = await startGateway({ upstream, env: young });
  const connections = connectionsTo(gateway);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  const watch = async () => {
    const headers = { "content-type": "application/connect+json" };
    const path = "/grpc.health.v1.Health/Watch";
    const call = request({ host: "127.0.0.1", port: gateway.port, agent, method: "POST", path, headers });
    call.end(enveloped(Buffer.from("{}")));
    const [response] = await once(call, "response");
    return { connection: response.headers.connection, text: await text(response) };
  };
  expect((await watch()).text).toContain('"code":"unavailable"');
  expect((await watch()).connection).toBe("close");
  expect(connections.taken).toBe(1);
});

test("a stream that its caller keeps open is broken with its connection when no call could still be in flight", async () => {
  const { upstream } = await startHeldUpstream();
  const { authority } = await startGateway({
    upstream,
    env: { ...young, VERIGATE_REFLECTION: "true", VERIGATE_DEFAULT_DEADLINE: "1ms", VERIGATE_MAX_DEADLINE: "1ms" },
  });
  const session = sessionTo(`http://${authority}`);
  const path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  await once(session, "close");
});

testWithCertificates(
  "a new certificate ends no connection, and new authorities of callers end all after their calls",
  async () => {
    const certificates = await makeCertificates();
    const others = await makeCertificates();
    const { authority, server, client, sign } = certificates;
    const renewed = await sign("renewed", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    const [cert, key, callers] = [fileOf(server.cert), fileOf(server.key), fileOf(authority.cert)];
    const { upstream, release } = await startHeldUpstream();
    const { port } = await startGateway({
      upstream,
      env: {
        VERIGATE_TLS_CERT_FILE: cert.path,
        VERIGATE_TLS_KEY_FILE: key.path,
        VERIGATE_TLS_CLIENT_CA_FILE: callers.path,
        VERIGATE_ATTEMPT_TIMEOUT: "20s",
      },
    });
    const own = { ca: authority.cert, cert: client.cert, key: client.key };
    const session = sessionTo(`https://localhost:${port}`, own);
    const closed = once(session, "close");
    await once(session, "connect");
    key.replace(renewed.key);
    cert.replace(renewed.cert);
    await eventually(async () => (await isShown(port, own, renewed.cert)) || undefined);

    const call = callOver(session);
    await upstream.received(1);
    callers.replace(others.authority.cert);
    await once(session, "goaway");
    release();
    expect(await call).toEqual([200, expect.stringContaining("Shop")]);
    await closed;
  },
);

/** Whether a listener shows this certificate. */
async function isShown(port: number, own: SecureClientSessionOptions, cert: Buffer): Promise<boolean> {
  const socket = connectTls({ ...own, host: "127.0.0.1", servername: "localhost", port });
  socket.on("error", () => {});
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256 === new X509Certificate(cert).fingerprint256;
}
