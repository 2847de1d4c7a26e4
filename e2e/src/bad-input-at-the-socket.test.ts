import { once } from "node:events";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "./eventually.ts";
import { type GatewayUnderTest, handledAtLeast, refusedAtLeast, startGateway } from "./gateway-under-test.ts";
import { enveloped, exchangeBytes, openSocket, textUntilEnd, writeInPieces } from "./raw-http.ts";
import { protocols, rpcClient } from "./rpc-client.ts";
import { aUser, userOfService } from "./samples.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "./scripted-upstream.ts";

interface Started {
  readonly gateway: GatewayUnderTest;
  readonly upstream: ScriptedUpstream;
}

async function start(): Promise<Started> {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  return { upstream, gateway: await startGateway({ upstream }) };
}

/** The process is healthy: each protocol, on connections of its own, is served. */
async function expectGoodCalls(gateway: GatewayUnderTest): Promise<void> {
  const answers = protocols.map((protocol) => rpcClient(gateway, protocol).users.getUser(userOfService));
  expect((await Promise.all(answers)).map(({ user }) => user?.id)).toEqual(["u1", "u1", "u1"]);
}

const path = "/verigate.v1.UserAPI/GetUser";
const body = JSON.stringify(userOfService);
const head = (...lines: string[]) => `${[`POST ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
const host = "host: localhost";
const json = "content-type: application/json";
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** A frame of HTTP/2: length, type, flags, stream. */
const frame = (type: number, flags: number, stream: number, payload: Uint8Array) => {
  const bytes = Buffer.alloc(9);
  bytes.writeUIntBE(payload.byteLength, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(stream, 5);
  return Buffer.concat([bytes, payload]);
};

const refusedByHttp1 = [
  { name: "17 KiB of headers", bytes: head(host, `x-flood: ${"x".repeat(17 * 1024)}`), answer: /^HTTP\/1\.1 431 / },
  {
    name: "1,000 headers",
    bytes: head(host, ...Array.from({ length: 1_000 }, (_, index) => `x-flood-${index}: ${"x".repeat(20)}`)),
    answer: /^HTTP\/1\.1 431 /,
  },
  {
    name: "a request line of 20 KiB",
    bytes: `GET /${"x".repeat(20_000)} HTTP/1.1\r\n${host}\r\n\r\n`,
    answer: /^HTTP\/1\.1 431 /,
  },
  { name: "garbage", bytes: "\0\x01\x02\x03 nothing that anybody speaks \r\n\r\n", answer: /^HTTP\/1\.1 400 / },
  { name: "a TLS hello", bytes: Buffer.from("160301020001000001fc0303", "hex"), answer: /^HTTP\/1\.1 400 / },
  {
    name: "a bare line feed in a header",
    bytes: `POST ${path} HTTP/1.1\nhost: localhost\n\n`,
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: "both Content-Length and Transfer-Encoding",
    bytes: `${head(host, json, `content-length: ${body.length}`, "transfer-encoding: chunked")}0\r\n\r\n${body}`,
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: "two Content-Lengths",
    bytes: `${head(host, json, "content-length: 5", `content-length: ${body.length}`)}${body}`,
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: "a Transfer-Encoding that only looks like chunked",
    bytes: `${head(host, json, "transfer-encoding: xchunked")}${body}`,
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: "a Content-Length that is no number",
    bytes: `${head(host, json, "content-length: +36")}${body}`,
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: "a header name with a space before its colon",
    bytes: `${head(host, json, "content-length : 36")}${body}`,
    answer: /^HTTP\/1\.1 400 /,
  },
  {
    name: "a chunk size that is none",
    bytes: `${head(host, json, "transfer-encoding: chunked")}zz\r\n${body}\r\n0\r\n\r\n`,
    answer: /^HTTP\/1\.1 400 |^$/,
  },
];

test.each(refusedByHttp1)("$name is refused and counted, and harms nobody", async ({ bytes, answer }) => {
  const { gateway, upstream } = await start();
  expect(await exchangeBytes(gateway.port, bytes)).toMatch(answer);
  expect(await refusedAtLeast(gateway, 1)).toBe(1);
  expect(upstream.arrivals).toBe(0);
  await expectGoodCalls(gateway);
});

const brokenHttp2 = [
  { name: "a preface that goes wrong in its second half", bytes: Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n") },
  { name: "garbage behind the preface", bytes: Buffer.concat([Buffer.from(preface), Buffer.alloc(100, 0xff)]) },
  {
    name: "a frame over the size cap",
    bytes: Buffer.concat([Buffer.from(preface), frame(4, 0, 0, Buffer.alloc(0)), frame(0, 0, 1, Buffer.alloc(20_000))]),
  },
  {
    name: "a header block that can't be decompressed",
    bytes: Buffer.concat([
      Buffer.from(preface),
      frame(4, 0, 0, Buffer.alloc(0)),
      frame(1, 0x5, 1, Buffer.alloc(16, 0xff)),
    ]),
  },
];

test.each(brokenHttp2)("over HTTP/2, $name is refused and counted, and harms nobody", async ({ bytes }) => {
  const { gateway, upstream } = await start();
  await exchangeBytes(gateway.port, bytes);
  await refusedAtLeast(gateway, 1);
  expect(upstream.arrivals).toBe(0);
  await expectGoodCalls(gateway);
});

/** A HEADERS frame that opens a stream and leaves its body open; each field stands as a literal (RFC 7541, 6.2.2). */
const headersFrame = (stream: number, fields: Readonly<Record<string, string>>) =>
  frame(
    1,
    0x4,
    stream,
    Buffer.concat(
      Object.entries(fields).flatMap((field) => [
        Buffer.from([0]),
        ...field.flatMap((text) => [Buffer.from([text.length]), Buffer.from(text)]),
      ]),
    ),
  );
const resetFrame = (stream: number) => frame(3, 0, stream, Buffer.from([0, 0, 0, 8]));

test.each([
  ["a request that waits for 100 Continue", "/", { expect: "100-continue" }],
  ["a call", path, { "content-type": "application/grpc" }],
  [
    "a stream",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    { "content-type": "application/grpc", te: "trailers" },
  ],
])("over HTTP/2, %s that is reset in the packet that opens it harms nobody, and ends", async (_, to, fields) => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startGateway({ upstream, env: { VERIGATE_REFLECTION: "true" } });
  const opening = { ":method": "POST", ":scheme": "http", ":authority": "localhost", ":path": to, ...fields };
  const ids = Array.from({ length: 20 }, (_each, index) => 2 * index + 1);
  const packet = Buffer.concat([
    Buffer.from(preface),
    frame(4, 0, 0, Buffer.alloc(0)),
    ...ids.flatMap((id) => [headersFrame(id, opening), resetFrame(id)]),
  ]);
  const socket = await openSocket(gateway.port);
  socket.write(packet);
  await eventually(async () => ((await gateway.handledInAll()) >= ids.length ? true : undefined));
  expect(await gateway.inFlight()).toBe(0);
  socket.destroy();
  await expectGoodCalls(gateway);
});

test.each([path, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"])(
  "over HTTP/2, whoever waits for 100 Continue before the body of %s is told to go on",
  async (to) => {
    const upstream = await startScriptedUpstream({ status: 200, body: aUser });
    const gateway = await startGateway({ upstream, env: { VERIGATE_REFLECTION: "true" } });
    const session = connect(`http://127.0.0.1:${gateway.port}`);
    onTestFinished(() => session.destroy());
    const fields = { "content-type": "application/grpc", te: "trailers", expect: "100-continue" };
    const stream = session.request({ ":method": "POST", ":path": to, ...fields });
    await once(stream, "continue");
    stream.on("error", () => {}).close();
    await expectGoodCalls(gateway);
  },
);

/** Fulfils when it is closed, by an error or without. */
function closed(connection: { once(event: "close", listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => {
    connection.once("close", () => resolve());
  });
}

async function http2Session({ authority }: GatewayUnderTest): Promise<ClientHttp2Session> {
  const session = connect(`http://${authority}`);
  session.on("error", () => {});
  onTestFinished(() => session.destroy());
  await once(session, "connect");
  return session;
}

test("over HTTP/2, 40 KiB of headers are answered 431 and counted, and harm nobody", async () => {
  const { gateway, upstream } = await start();
  const session = await http2Session(gateway);
  const flood = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x-flood-${index}`, "x".repeat(400)]));
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/json", ...flood });
  stream.on("error", () => {});
  stream.end(body);
  const [headers] = await once(stream, "response");
  expect(headers[":status"]).toBe(431);
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(text).toMatch(/^(grpc_server_handled_total|verigate_connections_refused_total)\{.*\} 1$/m);
  expect(upstream.arrivals).toBe(0);
  await expectGoodCalls(gateway);
});

test("over HTTP/2, 2,000 headers are reset, and harm nobody", async () => {
  const { gateway, upstream } = await start();
  const session = await http2Session(gateway);
  const flood = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`x-flood-${index}`, "x"]));
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/json", ...flood });
  stream.on("error", () => {});
  const answers: unknown[] = [];
  stream.on("response", (headers) => answers.push(headers[":status"]));
  stream.end(body);
  await closed(stream);
  expect([answers, stream.rstCode]).toEqual([[], constants.NGHTTP2_ENHANCE_YOUR_CALM]);
  expect(upstream.arrivals).toBe(0);
  await expectGoodCalls(gateway);
});

test("over HTTP/2, requests that are reset as fast as they are opened end the connection, and harm nobody", async () => {
  const { gateway } = await start();
  const session = await http2Session(gateway);
  const gone = closed(session);
  const flood = () => {
    for (let index = 0; index < 200 && !session.destroyed; index += 1) {
      const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
      stream.on("error", () => {});
      stream.close(constants.NGHTTP2_CANCEL);
    }
    if (!session.destroyed) {
      setImmediate(flood);
    }
  };
  flood();
  await gone;
  await expectGoodCalls(gateway);
  await eventually(async () => {
    const moved = (await gateway.refused()) + (await gateway.handled("GetUser", "Canceled"));
    return moved > 0 ? moved : undefined;
  });
});

describe("a connection that stops in the middle", () => {
  test("of the HTTP/2 preface is let go when its client leaves", async () => {
    const { gateway } = await start();
    const socket = await openSocket(gateway.port);
    socket.write("PR");
    const answer = textUntilEnd(socket);
    socket.end();
    expect(await answer).toBe("");
    await expectGoodCalls(gateway);
  });

  test("of the first header is let go when its client leaves", async () => {
    const { gateway } = await start();
    const socket = await openSocket(gateway.port);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: loc`);
    const answer = textUntilEnd(socket);
    socket.end();
    expect(await answer).not.toContain("200 OK");
    await expectGoodCalls(gateway);
  });

  test("of the body is counted as CANCELLED when its client leaves", async () => {
    const { gateway, upstream } = await start();
    const socket = await openSocket(gateway.port);
    socket.write(`${head(host, json, "content-length: 1000")}{"serviceId":`);
    await eventually(async () => {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return /^grpc_server_started_total\{.*GetUser.*\} 1$/m.test(text) ? true : undefined;
    });
    socket.resetAndDestroy();
    expect(await handledAtLeast(gateway, "GetUser", "Canceled", 1)).toBe(1);
    expect(upstream.arrivals).toBe(0);
    await expectGoodCalls(gateway);
  });

  test("of a gRPC frame is counted as CANCELLED when its client leaves", async () => {
    const { gateway, upstream } = await start();
    const session = await http2Session(gateway);
    const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc" });
    stream.on("error", () => {});
    stream.write(enveloped(Buffer.alloc(100)).subarray(0, 20));
    await eventually(async () => {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return /^grpc_server_started_total\{.*GetUser.*\} 1$/m.test(text) ? true : undefined;
    });
    session.destroy();
    expect(await handledAtLeast(gateway, "GetUser", "Canceled", 1)).toBe(1);
    expect(upstream.arrivals).toBe(0);
    await expectGoodCalls(gateway);
  });

  test("with the end of a whole request, as a half-open client does, is counted and let go", async () => {
    const { gateway } = await start();
    const socket = await openSocket(gateway.port);
    const answer = textUntilEnd(socket);
    socket.end(`${head(host, json, `content-length: ${body.length}`)}${body}`);
    // Node's HTTP server takes a client that closed its half as gone; that the connection ends is what counts.
    await answer;
    await eventually(async () => {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return /^grpc_server_handled_total\{.*GetUser.*\} 1$/m.test(text) ? true : undefined;
    });
    await expectGoodCalls(gateway);
  });
});

test("a request byte by byte is served", async () => {
  const { gateway } = await start();
  const socket = await openSocket(gateway.port);
  socket.setNoDelay(true);
  const answer = textUntilEnd(socket);
  for (const byte of `${head(host, json, `content-length: ${body.length}`, "connection: close")}${body}`) {
    await new Promise((written) => socket.write(byte, written));
  }
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
});

test("a gRPC request byte by byte is served", async () => {
  const { gateway } = await start();
  const session = await http2Session(gateway);
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc+json" });
  const trailers = once(stream, "trailers");
  for (const byte of enveloped(Buffer.from(body))) {
    await new Promise((written) => stream.write(Buffer.of(byte), written));
  }
  stream.end();
  stream.resume();
  expect((await trailers)[0]).toMatchObject({ "grpc-status": "0" });
});

test.each([
  {
    name: "no Host",
    bytes: `POST ${path} HTTP/1.0\r\n${json}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    status: 403,
  },
  {
    name: "an empty Host",
    bytes: `${head("host:", json, "connection: close", `content-length: ${body.length}`)}${body}`,
    status: 403,
  },
  {
    name: "a foreign Host",
    bytes: `${head("host: evil.example", json, "connection: close", `content-length: ${body.length}`)}${body}`,
    status: 403,
  },
  {
    name: "an upgrade to h2c",
    bytes: `${head(host, json, "connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AAMAAABk", `content-length: ${body.length}`)}${body}`,
    status: 200,
  },
  {
    name: "an upgrade to a web socket",
    bytes: `GET /verigate.v1.AuthAPI/VerifyPin HTTP/1.1\r\n${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    status: 405,
  },
])("HTTP/1.1 with $name is answered $status", async ({ bytes, status }) => {
  const { gateway } = await start();
  const socket = await openSocket(gateway.port);
  socket.write(bytes);
  const [answer] = await once(socket.setEncoding("latin1"), "data");
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.[01] ${status} `));
  await expectGoodCalls(gateway);
});

test("a second request in the same packet is served after the first", async () => {
  const { gateway } = await start();
  const one = (...more: string[]) => `${head(host, json, `content-length: ${body.length}`, ...more)}${body}`;
  const text = await exchangeBytes(gateway.port, one() + one("connection: close"));
  expect(text.match(/HTTP\/1\.1 200 /g)).toHaveLength(2);
});

test("a request hidden in another's body is never seen as one", async () => {
  const { gateway, upstream } = await start();
  const hidden = `${head(host, json, "content-length: 2")}{}`;
  const bytes = head(host, json, "connection: close", `content-length: ${hidden.length}`) + hidden;
  expect((await exchangeBytes(gateway.port, bytes)).match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(upstream.arrivals).toBe(0);
});

test("a request that is refused before its 512 KiB have come gets the whole answer, and no reset", async () => {
  const { gateway } = await start();
  const upload = Buffer.alloc(512 * 1024);
  const socket = await openSocket(gateway.port);
  socket.write(
    `POST /verigate.v1.UserAPI/Nothing HTTP/1.1\r\n${host}\r\n${json}\r\ncontent-length: ${upload.length}\r\n\r\n`,
  );
  await writeInPieces(socket, upload);
  expect(socket.errored).toBeNull();
  expect(await textUntilEnd(socket)).toMatch(/^HTTP\/1\.1 404 [\s\S]*"METHOD_UNKNOWN"[\s\S]*\}$/);
});

test("over HTTP/2, a stream whose message is too large has its error, and its client is asked to stop", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startGateway({ upstream, env: { VERIGATE_REFLECTION: "true" } });
  const session = await http2Session(gateway);
  const stream = session.request({
    ":method": "POST",
    ":path": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "content-type": "application/grpc",
    te: "trailers",
  });
  const gone = closed(stream);
  const trailers = once(stream, "trailers");
  stream.resume();
  // The head of a message of 2 GiB.
  stream.write(Buffer.of(0, 0x7f, 0xff, 0xff, 0xff));
  expect((await trailers)[0]).toMatchObject({ "grpc-status": "8" });
  await gone;
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  await expectGoodCalls(gateway);
});

test("the admin listener serves its three pages, read-only, and nothing else", async () => {
  const { gateway } = await start();
  const statusOf = async (page: string, method = "GET") =>
    (await fetch(`${gateway.adminUrl}${page}`, { method })).status;
  expect(await Promise.all(["/livez", "/readyz", "/metrics"].map((page) => statusOf(page)))).toEqual([200, 200, 200]);
  expect(await Promise.all(["/", "/config", "/livez/", "/__proto__"].map((page) => statusOf(page)))).toEqual([
    404, 404, 404, 404,
  ]);
  expect(await Promise.all(["POST", "PUT", "DELETE"].map((method) => statusOf("/readyz", method)))).toEqual([
    405, 405, 405,
  ]);
  expect(await statusOf("/readyz", "HEAD")).toBe(200);
});

describe("health calls, which need no credentials", () => {
  /** Streams of Watch on one connection, which have sent their whole message, or a part of it. */
  function openWatches(gateway: GatewayUnderTest, count: number, isWhole: boolean) {
    const session = connect(`http://${gateway.authority}`);
    session.on("error", () => {});
    onTestFinished(() => session.destroy());
    return Array.from({ length: count }, () => {
      const stream = session.request({
        ":method": "POST",
        ":path": "/grpc.health.v1.Health/Watch",
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream.on("error", () => {});
      if (isWhole) {
        stream.end(enveloped(new Uint8Array()));
      } else {
        stream.write(Buffer.of(0, 0, 0));
      }
      return stream;
    });
  }
  const statusOf = async (stream: ReturnType<typeof openWatches>[number]) => {
    const [headers] = await once(stream, "response");
    return headers["grpc-status"] ?? "open";
  };
  const statuses = { open: "open", deadlineExceeded: "4", unavailable: "14" };

  test("a Watch whose message does not come ends at the default deadline", async () => {
    const upstream = await startScriptedUpstream({ status: 200, body: aUser });
    const gateway = await startGateway({ upstream, env: { VERIGATE_DEFAULT_DEADLINE: "200ms" } });
    const watches = openWatches(gateway, 20, false);

    expect(await Promise.all(watches.map(statusOf))).toEqual(Array(20).fill(statuses.deadlineExceeded));
  });

  test("one address has so many at a time, whole or not, and the next is refused at its headers", async () => {
    const { gateway } = await start();
    const halves = openWatches(gateway, 125, false);
    const wholes = openWatches(gateway, 125, true);
    expect(await Promise.all(wholes.map(statusOf))).toEqual(Array(125).fill(statuses.open));
    const [refused] = openWatches(gateway, 1, false);
    expect(refused && (await statusOf(refused))).toBe(statuses.unavailable);

    for (const stream of halves) {
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await eventually(async () => {
      const [next] = openWatches(gateway, 1, true);
      return next && (await statusOf(next)) === statuses.open ? true : undefined;
    });
    await expectGoodCalls(gateway);
  });
});
