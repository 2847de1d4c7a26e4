import { join } from "node:path";
import { createVerigateClient } from "@verigate/client";
import { describe, expect, onTestFinished, test } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { makeCertificates } from "./certificates.ts";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { grpcJsClient } from "./grpc-js-client.ts";
import { type JsonCall, jsonCall } from "./json-call.ts";
import { exchangeBytes, http2Request, openSocket, textUntilEnd } from "./raw-http.ts";
import { rawFailure } from "./raw-rpc.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { protocols } from "./rpc-client.ts";
import { rpcError, rpcErrorFrom } from "./rpc-error.ts";
import { aService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const key = "vg_a-key-of-the-login-service";
const other = "vg_a-key-of-another";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** A gateway that takes two keys. */
async function scene(env: Record<string, string> = {}) {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const keys = fileOf(keysOf({ login: key, other }), "keys");
  const gateway = await startGateway({ upstream, env: { VERIGATE_KEYS_FILE: keys.path, ...env } });
  const call = (headers: JsonCall["headers"] = {}, more: Partial<JsonCall> = {}) =>
    jsonCall({ port: gateway.port, headers, ...more });
  return { upstream, gateway, call };
}

const unauthenticated = rpcError("Unauthenticated", "CALLER_UNAUTHENTICATED", "FIX_REQUEST");

test("a caller with a key is served, and one with another text or none is refused before upstream is asked", async () => {
  const { upstream, call } = await scene();

  expect((await call(bearer(key))).status).toBe(200);
  expect((await call({ authorization: `bearer  ${other}` })).status).toBe(200);
  expect(await call(bearer(`${key}x`))).toMatchObject({ status: 401, reason: "CALLER_UNAUTHENTICATED" });
  expect(await call()).toMatchObject({ status: 401, reason: "CALLER_UNAUTHENTICATED" });
  expect(upstream.arrivals).toBe(2);
});

describe.each(protocols)("over %s", (protocol) => {
  test("a refusal is UNAUTHENTICATED with its reason", async () => {
    const { gateway } = await scene();
    const call = { protocol, method: "AuthAPI/VerifyPin", encoding: "json", message: "{}" } as const;
    expect(rpcErrorFrom(await rawFailure(gateway.authority, call))).toEqual(unauthenticated);
    const wrong = await rawFailure(gateway.authority, { ...call, headers: bearer("vg_wrong") });
    expect(rpcErrorFrom(wrong)).toEqual(unauthenticated);
  });
});

test.for([
  ["Basic bG9naW46a2V5", "malformed"],
  ["Bearer", "malformed"],
  ["Bearer ", "malformed"],
  [`Bearer ${key} ${key}`, "malformed"],
  [`Bearer ${key},`, "malformed"],
  [`Bearer\t${key}`, "malformed"],
  [key, "malformed"],
  [`Bearer ${key}=`, "not valid"],
  [`Bearer ${key.toUpperCase()}`, "not valid"],
  ["Bearer anonymous", "not valid"],
] as const)("Authorization: %s is %s, and nothing more is told", async ([authorization, problem]) => {
  const { call } = await scene();
  const { status, message, headers } = await call({ authorization });
  expect([status, headers["www-authenticate"]]).toEqual([401, "Bearer"]);
  expect(message).toContain(`the caller's credentials are ${problem}`);
  expect(message).not.toContain("vg_");
});

test("a second Authorization header is refused, whether the first one is right or not", async () => {
  const { gateway, upstream } = await scene();
  const request = (first: string, second: string) =>
    exchangeBytes(
      gateway.port,
      "POST /verigate.v1.ServiceAPI/GetService HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n" +
        `content-type: application/json\r\ncontent-length: 18\r\nauthorization: Bearer ${first}\r\n` +
        `Authorization: Bearer ${second}\r\n\r\n{"serviceId":"s1"}`,
    );
  expect(await request(key, "vg_wrong")).toMatch(/^HTTP\/1\.1 401 /);
  expect(await request("vg_wrong", key)).toMatch(/^HTTP\/1\.1 401 /);
  expect(await request(key, key)).toMatch(/^HTTP\/1\.1 401 /);
  expect(upstream.arrivals).toBe(0);
});

test("a caller is refused before its request has come", async () => {
  const { gateway } = await scene();
  const socket = await openSocket(gateway.port);
  socket.write(
    "POST /verigate.v1.AuthAPI/VerifyPin HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
      "content-length: 1000\r\n\r\n{",
  );
  expect(await textUntilEnd(socket)).toMatch(/^HTTP\/1\.1 401 /);
});

test("what belongs to no RPC is refused in terms of HTTP, and tells nothing of what exists", async () => {
  const { gateway } = await scene();
  const get = async (path: string) => {
    const { headers } = await http2Request(gateway.authority, { ":method": "GET", ":path": path });
    return [headers[":status"], headers["www-authenticate"]];
  };
  expect(await get("/")).toEqual([401, "Bearer"]);
  expect(await get("/verigate.v1.AuthAPI/VerifyPin")).toEqual([401, "Bearer"]);
});

test("health is open, and reflection is not", async () => {
  const { gateway } = await scene({ VERIGATE_REFLECTION: "true" });
  expect(await grpcJsClient(gateway.authority, "grpc.health.v1.Health").unary("Check", {})).toEqual({
    status: "SERVING",
  });
  const reflect = async (headers: Record<string, string>) => {
    const answer = await http2Request(
      gateway.authority,
      {
        ":path": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "content-type": "application/grpc",
        te: "trailers",
        ...headers,
      },
      Buffer.alloc(5),
    );
    return answer.headers["grpc-status"] ?? answer.trailers["grpc-status"];
  };
  expect(await reflect({})).toBe("16");
  expect(await reflect(bearer(key))).toBe("0");
});

test("a page of an allowed origin needs no credentials to ask whether it may call, but to call", async () => {
  const origin = "https://app.example.com";
  const { gateway, call } = await scene({ VERIGATE_CORS_ORIGINS: origin });
  const preflight = await fetch(`http://${gateway.authority}/verigate.v1.ServiceAPI/GetService`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");

  const refused = await call({ origin });
  expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([401, origin]);
  expect((await call({ origin, ...bearer(key) })).status).toBe(200);
});

test("a page of another origin is refused before upstream is asked, also with a right key", async () => {
  const { upstream, call } = await scene({ VERIGATE_CORS_ORIGINS: "https://app.example.com" });
  for (const origin of ["https://evil.example", "https://app.example.com.evil.example", "null"]) {
    expect((await call({ origin, ...bearer(key) })).status).toBe(403);
  }
  expect(upstream.arrivals).toBe(0);
});

test("a Unix socket is trusted and a loopback port is not, once there are keys; wrong keys are refused on both", async () => {
  const socketPath = join(temporaryFolder(), "gateway.sock");
  const { gateway, call } = await scene({ VERIGATE_LISTEN: `127.0.0.1:0,unix:${socketPath}` });

  expect((await call({}, { socketPath })).status).toBe(200);
  expect((await call(bearer("vg_wrong"), { socketPath })).status).toBe(401);
  expect((await call(bearer(key), { socketPath })).status).toBe(200);
  expect((await jsonCall({ port: gateway.port })).status).toBe(401);
  expect((await call(bearer("vg_wrong"))).status).toBe(401);
  expect((await call(bearer(key))).status).toBe(200);
});

test("VERIGATE_TRUSTED_LISTEN says which listeners are trusted, and none is a choice", async () => {
  const trusting = await scene({ VERIGATE_TRUSTED_LISTEN: "127.0.0.1:0" });
  expect((await trusting.call()).status).toBe(200);
  expect((await trusting.call(bearer("vg_wrong"))).status).toBe(401);

  const socketPath = join(temporaryFolder(), "gateway.sock");
  const strict = await scene({ VERIGATE_LISTEN: `unix:${socketPath}`, VERIGATE_TRUSTED_LISTEN: "none" });
  expect((await strict.call({}, { socketPath })).status).toBe(401);
  expect((await strict.call(bearer(key), { socketPath })).status).toBe(200);
});

test("a name that was made to resolve here is refused where a listener is trusted, as a page could have made it", async () => {
  const { call } = await scene({ VERIGATE_TRUSTED_LISTEN: "127.0.0.1:0" });
  expect((await call({ host: "evil.example" })).status).toBe(403);
  const closed = await scene();
  expect((await closed.call({ host: "gateway.example", ...bearer(key) })).status).toBe(200);
});

test("without any authentication, an Authorization header means nothing", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const { port } = await startGateway({ upstream });
  expect((await jsonCall({ port, headers: { authorization: "Basic x" } })).status).toBe(200);
});

test("thousands of wrong keys make their address wait, and whoever has a right one is served beside them", async () => {
  // One a minute, which is longer than this test may take.
  const { upstream, call } = await scene({ VERIGATE_LIMIT_AUTH_FAILURES: "1" });
  const reasons = new Map<string, number>();
  for (let each = 0; each < 2_000; each += 1) {
    const { reason = "" } = await call(bearer(`vg_guess-${each}`));
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  expect(Object.fromEntries(reasons)).toEqual({ CALLER_UNAUTHENTICATED: 1, CALLER_RATE_LIMITED: 1_999 });

  for (const right of [key, other, key]) {
    expect((await call(bearer(right))).status).toBe(200);
    expect(await call(bearer("vg_wrong"))).toMatchObject({ status: 429, reason: "CALLER_RATE_LIMITED" });
  }
  expect(await call()).toMatchObject({ reason: "CALLER_UNAUTHENTICATED" });
  expect(upstream.arrivals).toBe(3);
});

test("refusals are counted by what was shown and what was wrong with it", async () => {
  const { gateway, call } = await scene();
  await call();
  await call({ authorization: "Basic x" });
  await call(bearer("vg_wrong"));
  const text = await metricsOf(gateway);
  for (const labels of ['"none",reason="missing"', '"key",reason="malformed"', '"key",reason="not_valid"']) {
    expect(text).toContain(`verigate_auth_failures_total{credential=${labels}} 1`);
  }
  expect(text).not.toContain("vg_wrong");
});

testWith(openssl)("the client package logs in over TLS with a key, and is told when it is wrong", async () => {
  const certificates = await makeCertificates();
  const { gateway, upstream } = await scene({
    VERIGATE_LISTEN: "0.0.0.0:0",
    VERIGATE_TLS_CERT_FILE: certificates.server.certFile,
    VERIGATE_TLS_KEY_FILE: certificates.server.keyFile,
  });
  const address = `https://localhost:${gateway.port}`;
  for (const protocol of protocols) {
    const clientWith = (bearerToken: string) => {
      const client = createVerigateClient({ address, protocol, bearerToken, tls: { ca: certificates.authority.cert } });
      onTestFinished(() => client.close());
      return client;
    };
    const { service } = await clientWith(key).services.getService({ serviceId: "s1" });
    expect(service?.id).toBe("s1");
    await expect(clientWith("vg_wrong").services.getService({ serviceId: "s1" })).rejects.toThrow(/unauthenticated/);
  }
  expect(upstream.arrivals).toBe(protocols.length);
});

async function metricsOf({ adminUrl }: GatewayUnderTest): Promise<string> {
  return (await fetch(`${adminUrl}/metrics`)).text();
}
