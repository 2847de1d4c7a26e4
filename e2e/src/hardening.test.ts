import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { handledAtLeast, refusedAtLeast, startGateway } from "./gateway-under-test.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aUser, userOfService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const getUser = "/verigate.v1.UserAPI/GetUser";

async function scene(env: Readonly<Record<string, string>> = {}) {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startGateway({ upstream, env });
  const post = (contentType: string, body: Uint8Array | string) =>
    fetch(`http://${gateway.authority}${getUser}`, { method: "POST", headers: { "content-type": contentType }, body });
  return { upstream, gateway, post };
}

test("a proxy's 404 after a lost DELETE does not count as deleted", async () => {
  const { upstream, gateway } = await scene({ VERIGATE_RETRY_ATTEMPTS: "2" });
  const answers = [
    { status: 502, body: "" },
    { status: 404, body: "<html>no route</html>" },
  ];
  upstream.react(() => answers.shift() ?? "hang");

  expect(await rpcErrorOf(rpcClient(gateway).users.deleteUser(userOfService))).toEqual(
    rpcError("Internal", "UPSTREAM_BAD_RESPONSE", "OPERATOR"),
  );
});

test("a DELETE that finds nothing after an attempt that was lost has succeeded", async () => {
  const { upstream, gateway } = await scene({ VERIGATE_RETRY_ATTEMPTS: "2" });
  const answers = [
    { status: 502, body: "" },
    { status: 404, body: "" },
  ];
  upstream.react(() => answers.shift() ?? "hang");

  await rpcClient(gateway).users.deleteUser(userOfService);
  expect(upstream.arrivals).toBe(2);
});

test("a huge 404 is not looked at: no event loop stands still for it", async () => {
  const { upstream, gateway } = await scene();
  upstream.react({ status: 404, body: `[${"{},".repeat(1_000_000)}{}]` });

  expect(await rpcErrorOf(rpcClient(gateway).users.listUsers({ serviceId: "s1" }))).toEqual(
    rpcError("Internal", "UPSTREAM_BAD_RESPONSE", "OPERATOR"),
  );
});

test("a name of a field that ends in half a character does not keep an error from its caller", async () => {
  const { gateway, post } = await scene();
  const json = Buffer.from(JSON.stringify({ [`${"a".repeat(99)}😀`]: 1 }));
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(json.byteLength, 1);

  const response = await post("application/grpc+json", Buffer.concat([frame, json]));
  expect(response.headers.get("grpc-status")).toBe("3");
  expect(await handledAtLeast(gateway, "GetUser", "InvalidArgument", 1)).toBe(1);
});

test.for(["application/grpc; charset=utf-8", "application/json; charset=latin1", "application/connect+proto;x"])(
  "the content type %s is the caller's mistake, not ours",
  async (contentType) => {
    const { gateway, post } = await scene();
    const { status } = await post(contentType, "{}");

    expect(status).toBe(415);
    expect(await gateway.handled("GetUser", "Internal")).toBe(0);
  },
);

test.for(["cross-site", "same-site"])(
  "a GET that a page of another origin makes as an image (%s) is refused",
  async (site) => {
    const { upstream, gateway } = await scene();
    const query = new URLSearchParams({ encoding: "json", message: JSON.stringify(userOfService) });
    const url = `http://${gateway.authority}${getUser}?${query}`;

    const { status } = await getWith(url, site);
    expect(status).toBe(403);
    expect((await getWith(url, "none")).status).toBe(200);
    expect(upstream.arrivals).toBe(1);
  },
);

test("one connection of HTTP/1.1 can't open calls without end", async () => {
  const { upstream, gateway } = await scene();
  upstream.react("hang");
  const socket = connect(gateway.port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  const body = JSON.stringify(userOfService);
  const bytes = `POST ${getUser} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  socket.on("error", () => {});
  socket.write(bytes.repeat(200));
  socket.resume();

  await once(socket, "close");
  expect(await refusedAtLeast(gateway, 1)).toBeGreaterThanOrEqual(1);
  expect(upstream.arrivals).toBeLessThanOrEqual(64);
});

testWith(openssl)("a client that opens a TLS connection and says nothing does not hold up the end", async () => {
  const { server: certificate } = await makeCertificates();
  const { gateway } = await scene({
    VERIGATE_TLS_CERT_FILE: certificate.certFile,
    VERIGATE_TLS_KEY_FILE: certificate.keyFile,
  });
  const silent = connect(gateway.port, "127.0.0.1");
  silent.on("error", () => {});
  await once(silent, "connect");
  const closed = once(silent.resume(), "close");

  await gateway.server.stop();
  await closed;
  expect(silent.closed).toBe(true);
});

async function getWith(url: string, site: string): Promise<{ status: number }> {
  const sent = request(url, { headers: { "sec-fetch-site": site } }).end();
  const [response] = await once(sent, "response");
  response.resume();
  return { status: response.statusCode };
}
