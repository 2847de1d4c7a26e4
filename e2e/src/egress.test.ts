import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished } from "vitest";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { eventually } from "./eventually.ts";
import { startGateway } from "./gateway-under-test.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aService } from "./samples.ts";

const test = testWith(openssl);
const unreachable = rpcError("Unavailable", "UPSTREAM_UNREACHABLE", "REPEAT_SAME_REQUEST_ID");

/** An upstream that speaks TLS, with a certificate of a private authority. */
async function startTlsUpstream({ server }: Certificates) {
  const upstream = createHttpsServer({ cert: server.cert, key: server.key }, (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify(aService));
  });
  const seen: string[] = [];
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  onTestFinished(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const { port } = upstream.address() as AddressInfo;
  return { url: `https://localhost:${port}`, port, seen };
}

/** A proxy that makes the tunnels it is asked for, or does not. */
async function startProxy(initial: "tunnel" | "refuse" | "hang") {
  let act = initial;
  const asked: string[] = [];
  const proxy = createHttpServer((_, response) => response.writeHead(400).end());
  proxy.on("connect", (request, socket, head) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    socket.on("error", () => {});
    onTestFinished(() => {
      socket.destroy();
    });
    if (act === "refuse") {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    } else if (act === "tunnel") {
      const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        target.write(head);
        target.pipe(socket).pipe(target);
      });
      target.on("error", () => socket.destroy());
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    proxy.close();
  });
  return {
    authority: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    asked,
    recover() {
      act = "tunnel";
    },
  };
}

const getService = { serviceId: "s1" };

test("an upstream with a certificate of a private authority is reached only where that is trusted", async () => {
  const certificates = await makeCertificates();
  const upstream = await startTlsUpstream(certificates);
  const trusting = await startGateway({
    upstream,
    env: { VERIGATE_UPSTREAM_CA_FILE: certificates.authority.certFile },
  });
  const strict = await startGateway({ upstream });

  expect(await rpcClient(trusting).services.getService(getService)).toMatchObject({ service: { name: "Shop" } });
  expect(await rpcErrorOf(rpcClient(strict).services.createService({ fqdn: "shop.example", name: "Shop" }))).toEqual(
    unreachable,
  );
  expect(upstream.seen).toEqual(["GET /v1/service/service/s1"]);
});

test("a proxy gets a tunnel to make, with its credentials, and sees nothing of what is in it", async () => {
  const certificates = await makeCertificates();
  const upstream = await startTlsUpstream(certificates);
  const proxy = await startProxy("tunnel");
  const env = {
    VERIGATE_UPSTREAM_CA_FILE: certificates.authority.certFile,
    HTTPS_PROXY: `http://proxy-user:proxy-pass@${proxy.authority}`,
  };
  const gateway = await startGateway({ upstream, env });

  expect(await rpcClient(gateway).services.getService(getService)).toMatchObject({ service: { name: "Shop" } });
  const basic = Buffer.from("proxy-user:proxy-pass").toString("base64");
  expect(proxy.asked).toEqual([`localhost:${upstream.port} Basic ${basic}`]);
});

test("NO_PROXY leads past the proxy", async () => {
  const certificates = await makeCertificates();
  const upstream = await startTlsUpstream(certificates);
  const proxy = await startProxy("tunnel");
  const env = {
    VERIGATE_UPSTREAM_CA_FILE: certificates.authority.certFile,
    HTTPS_PROXY: `http://${proxy.authority}`,
    NO_PROXY: "other.example,localhost",
  };
  const gateway = await startGateway({ upstream, env });

  await rpcClient(gateway).services.getService(getService);
  expect(proxy.asked).toEqual([]);
  expect(upstream.seen).toHaveLength(1);
});

test.for(["refuse", "hang"] as const)(
  "through a proxy that would %s, nothing is sent, and the caller is told so",
  async (act) => {
    const certificates = await makeCertificates();
    const upstream = await startTlsUpstream(certificates);
    const proxy = await startProxy(act);
    const env = {
      VERIGATE_UPSTREAM_CA_FILE: certificates.authority.certFile,
      HTTPS_PROXY: `http://${proxy.authority}`,
      VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "200ms",
      VERIGATE_RETRY_ATTEMPTS: "1",
    };
    const gateway = await startGateway({ upstream, env });

    const call = rpcClient(gateway).services.createService({ fqdn: "shop.example", name: "Shop" });
    expect(await rpcErrorOf(call)).toEqual(unreachable);
    expect(upstream.seen).toEqual([]);
  },
);

test("proxies that took a tunnel's request and said nothing don't keep connections from the ones behind", async () => {
  const certificates = await makeCertificates();
  const upstream = await startTlsUpstream(certificates);
  const proxy = await startProxy("hang");
  const env = {
    VERIGATE_UPSTREAM_CA_FILE: certificates.authority.certFile,
    HTTPS_PROXY: `http://${proxy.authority}`,
    VERIGATE_UPSTREAM_CONCURRENCY: "2",
    VERIGATE_ATTEMPT_TIMEOUT: "100ms",
    VERIGATE_RETRY_ATTEMPTS: "1",
    VERIGATE_BREAKER_ERROR_PERCENT: "0",
  };
  const gateway = await startGateway({ upstream, env });
  const { services } = rpcClient(gateway);
  await Promise.all([rpcErrorOf(services.getService(getService)), rpcErrorOf(services.getService(getService))]);
  proxy.recover();

  const found = await eventually(() => services.getService(getService).catch(() => undefined));
  expect(found).toMatchObject({ service: { name: "Shop" } });
});
