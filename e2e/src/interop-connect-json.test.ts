import { describe, expect, test } from "vitest";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { runCommand } from "./run-command.ts";
import { aService, ctime } from "./samples.ts";
import { startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const phoneNumber = "+37255555555";
const json = { "content-type": "application/json" };

type Post = (method: string, request: unknown) => Promise<Record<string, never>>;

const clients: readonly { readonly name: string; readonly post: (gateway: GatewayUnderTest) => Post }[] = [
  {
    name: "fetch",
    post:
      ({ authority }) =>
      async (method, request) =>
        (
          await fetch(`http://${authority}/verigate.v1.${method}`, {
            method: "POST",
            headers: json,
            body: JSON.stringify(request),
          })
        ).json() as never,
  },
  ...["--http1.1", "--http2-prior-knowledge"].map((version) => ({
    name: `curl ${version}`,
    post:
      ({ authority }: GatewayUnderTest): Post =>
      async (method, request) => {
        const url = `http://${authority}/verigate.v1.${method}`;
        const type = "content-type: application/json";
        return JSON.parse(
          (await runCommand("curl", ["-sS", version, "-H", type, "-d", JSON.stringify(request), url])).stdout,
        );
      },
  })),
];

describe.each(clients)("$name with Connect's JSON", ({ post: postTo }) => {
  test("logs a user in", async () => {
    const sandbox = await startSandbox();
    const post = postTo(await startGateway({ upstream: sandbox }));
    const { service } = (await post("ServiceAPI/CreateService", { fqdn: "shop.example", name: "Shop" })) as never as {
      service: { id: string };
    };
    const { user } = (await post("UserAPI/CreateUser", {
      serviceId: service.id,
      phoneNumber,
      idInService: "anna",
    })) as never as { user: { id: string } };
    const login = { serviceId: service.id, userId: user.id };
    await post("AuthAPI/InitiateAuth", { ...login, method: "AUTH_METHOD_SMS" });
    const pin = await sandbox.pinOf(phoneNumber);
    expect(await post("AuthAPI/VerifyPin", { ...login, pin: wrongPin(pin) })).toEqual({
      verified: false,
      method: "AUTH_METHOD_SMS",
      failure: "VERIFY_FAILURE_INVALID",
      throttledBy: "THROTTLED_BY_UNSPECIFIED",
      replayed: false,
    });
    expect(await post("AuthAPI/VerifyPin", { ...login, pin })).toEqual({
      verified: true,
      method: "AUTH_METHOD_SMS",
      failure: "VERIFY_FAILURE_UNSPECIFIED",
      throttledBy: "THROTTLED_BY_UNSPECIFIED",
      replayed: false,
    });
  });
});

const get = (query: Record<string, string>) => `ServiceAPI/GetService?${new URLSearchParams(query)}`;
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");

test.each([
  { name: "JSON", path: get({ connect: "v1", encoding: "json", message: '{"serviceId":"s1"}' }) },
  {
    name: "JSON in base64",
    path: get({ encoding: "json", base64: "1", message: base64(Buffer.from('{"serviceId":"s1"}')) }),
  },
])("a method without side effects can be asked by GET with $name, and no cache keeps it", async ({ path }) => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const { authority } = await startGateway({ upstream });
  const response = await fetch(`http://${authority}/verigate.v1.${path}`);
  expect(response.status).toBe(200);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await response.json()).toEqual({ service: { id: "s1", name: "Shop", createTime: ctime } });
});

test("a GET with Protobuf is answered with Protobuf", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const { authority } = await startGateway({ upstream });
  const path = get({ encoding: "proto", base64: "1", message: base64(Uint8Array.of(0x0a, 2, 0x73, 0x31)) });
  const response = await fetch(`http://${authority}/verigate.v1.${path}`);
  expect(response.headers.get("content-type")).toBe("application/proto");
  expect(Buffer.from(await response.arrayBuffer()).toString("latin1")).toContain("Shop");
});

test.each([
  { name: "an unknown field", query: { encoding: "json", message: '{"service":"s1"}' }, field: "service" },
  { name: "a broken rule", query: { encoding: "json", message: '{"serviceId":".."}' }, field: "service_id" },
])("a GET with $name is refused as by POST", async ({ query, field }) => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const { authority } = await startGateway({ upstream });
  const response = await fetch(`http://${authority}/verigate.v1.${get(query)}`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: "invalid_argument",
    details: [
      { type: "google.rpc.ErrorInfo", debug: { reason: "INVALID_REQUEST" } },
      { type: "google.rpc.BadRequest", debug: { fieldViolations: [{ field }] } },
    ],
  });
});

test.each(["AuthAPI/VerifyPin", "AuthAPI/InitiateAuth", "UserAPI/CreateUser", "UserAPI/DeleteUser"])(
  "%s can't be asked by GET",
  async (method) => {
    const upstream = await startScriptedUpstream({ status: 200, body: {} });
    const { authority } = await startGateway({ upstream });
    const response = await fetch(`http://${authority}/verigate.v1.${method}?encoding=json&message=%7B%7D`);
    expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([405, "POST", ""]);
    expect(upstream.arrivals).toBe(0);
  },
);

test("a GET over the cap is refused", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({ upstream });
  const query = { encoding: "json", message: `{"serviceId":"${"x".repeat(20_000)}"}` };
  const response = await fetch(`http://${gateway.authority}/verigate.v1.${get(query)}`);
  expect(response.status).toBe(431);
  expect(upstream.arrivals).toBe(0);
});

test("an allowed origin gets its preflight, and may read the answer", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const origin = "https://app.example";
  const { authority } = await startGateway({ upstream, env: { VERIGATE_CORS_ORIGINS: origin } });
  const url = `http://${authority}/verigate.v1.ServiceAPI/GetService`;
  const asking = { origin, "access-control-request-method": "POST" };
  const preflight = await fetch(url, { method: "OPTIONS", headers: asking });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe(origin);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("Connect-Protocol-Version");
  const response = await fetch(url, { method: "POST", headers: { ...json, origin }, body: '{"serviceId":"s1"}' });
  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe(origin);
  const foreign = await fetch(url, { method: "OPTIONS", headers: { ...asking, origin: "https://evil.example" } });
  expect(foreign.status).toBe(403);
  expect(foreign.headers.get("access-control-allow-origin")).toBe(null);
});
