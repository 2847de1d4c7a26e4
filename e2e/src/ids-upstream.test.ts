import { expect, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aUser } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const start = async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  return { upstream, client: rpcClient(await startGateway({ upstream })) };
};

test.each([
  { id: "a/b", path: "a%2Fb" },
  { id: "a%2Fb", path: "a%252Fb" },
  { id: "../../secret", path: "..%2F..%2Fsecret" },
  { id: "a?b#c", path: "a%3Fb%23c" },
  { id: "a b+c", path: "a%20b%2Bc" },
  { id: "a;b=c&d", path: "a%3Bb%3Dc%26d" },
  { id: "a\\b", path: "a%5Cb" },
  { id: "...", path: "..." },
  { id: ".a", path: ".a" },
  { id: "%", path: "%25" },
  { id: "%2e%2e", path: "%252e%252e" },
  { id: "ключ", path: "%D0%BA%D0%BB%D1%8E%D1%87" },
  { id: "🔑", path: "%F0%9F%94%91" },
  { id: "e\u0301", path: "e%CC%81" },
  { id: "{userId}", path: "%7BuserId%7D" },
  { id: "$&", path: "%24%26" },
])("the id $id is one segment of the path, escaped once: $path", async ({ id, path }) => {
  const { upstream, client } = await start();
  await client.users.getUser({ serviceId: id, userId: id });
  expect(upstream.requests.map((request) => request.path)).toEqual([`/v1/service/service/${path}/users/${path}`]);
});

test.each(["", ".", "..", "a\0b", "a\nb", "a\r\nx-evil: 1", "\u007f", "\u0085", "x".repeat(257)])(
  "the id %j is refused before upstream is asked",
  async (id) => {
    const { upstream, client } = await start();
    expect(await rpcErrorOf(client.users.getUser({ serviceId: id, userId: id }))).toEqual(
      rpcError("InvalidArgument", "INVALID_REQUEST", "FIX_REQUEST", { fields: ["service_id", "user_id"] }),
    );
    expect(upstream.arrivals).toBe(0);
  },
);

test("a path of the upstream's URL stands before all others", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startGateway({ upstream: { url: `${upstream.url}/proxy/` } });
  await rpcClient(gateway).users.getUser({ serviceId: "s1", userId: "u1" });
  expect(upstream.requests.map(({ path }) => path)).toEqual(["/proxy/v1/service/service/s1/users/u1"]);
  await upstream.close();
});

test("what the upstream gets is the documented request and nothing of the caller's", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: { verified: true, method: "sms" } });
  const client = rpcClient(await startGateway({ upstream }));
  await client.auth.verifyPin(
    { serviceId: "s1", userId: "u1", pin: "0123" },
    { headers: { authorization: "Bearer caller", cookie: "a=b", "x-forwarded-for": "10.0.0.1" } },
  );
  const [request] = upstream.requests;
  expect([request?.method, request?.path, JSON.parse(request?.body ?? "")]).toEqual([
    "PUT",
    "/v1/service/service/s1/users/u1/auth",
    { token: "0123" },
  ]);
  expect(request?.headers).toEqual({
    host: new URL(upstream.url).host,
    connection: "keep-alive",
    accept: "application/json",
    "content-type": "application/json",
    "content-length": "16",
    "x-service-auth": "sandbox:sandbox",
  });
});
