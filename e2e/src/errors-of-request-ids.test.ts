import { randomUUID } from "node:crypto";
import { AuthMethod } from "@verigate/contract";
import { describe, expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { startGateway } from "./gateway-under-test.ts";
import { protocols, type RpcClient, rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aService, aUser, createService, createUser, userOfService, verifyPin } from "./samples.ts";
import { type Script, startScriptedUpstream } from "./scripted-upstream.ts";

/** Every call that changes something, and another request of the same method. */
const mutations: Readonly<
  Record<string, (client: RpcClient, requestId: string | undefined, isOther: boolean) => Promise<unknown>>
> = {
  CreateService: ({ services }, requestId, isOther) =>
    services.createService({ ...createService, name: isOther ? "Other" : "Shop", ...idOf(requestId) }),
  DeleteService: ({ services }, requestId, isOther) =>
    services.deleteService({ serviceId: isOther ? "s2" : "s1", ...idOf(requestId) }),
  CreateUser: ({ users }, requestId, isOther) =>
    users.createUser({ ...createUser, phoneNumber: isOther ? "+37255555556" : "+37255555555", ...idOf(requestId) }),
  DeleteUser: ({ users }, requestId, isOther) =>
    users.deleteUser({ ...userOfService, userId: isOther ? "u2" : "u1", ...idOf(requestId) }),
  InitiateAuth: ({ auth }, requestId, isOther) =>
    auth.initiateAuth({ ...userOfService, method: isOther ? AuthMethod.TOTP : AuthMethod.SMS, ...idOf(requestId) }),
  VerifyPin: ({ auth }, requestId, isOther) =>
    auth.verifyPin({ ...verifyPin, pin: isOther ? "0124" : "0123", ...idOf(requestId) }),
};
const names = Object.keys(mutations);

function idOf(requestId: string | undefined) {
  return requestId === undefined ? {} : { requestId };
}

/** Says yes to everything. */
const willing: Script = ({ method, path }) => {
  switch (method) {
    case "DELETE":
      return { status: 202 };
    case "PUT":
      return { status: 200, body: { verified: true, method: "sms" } };
    default:
      return path.endsWith("/auth")
        ? { status: 201, body: { method: "sms" } }
        : { status: 201, body: { ...aService, ...aUser } };
  }
};

/** A store that is nowhere. */
async function lostStore() {
  return {
    VERIGATE_REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
    VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
  };
}

const reused = rpcError("InvalidArgument", "REQUEST_ID_REUSED", "FIX_REQUEST");
const storeUnavailable = rpcError("Unavailable", "STORE_UNAVAILABLE", "REPEAT_SAME_REQUEST_ID", {
  retryDelays: [expect.stringMatching(/^\d+(\.\d+)?s$/)],
});

describe.each(protocols)("over %s", (protocol) => {
  test.each(names)("%s with the request_id of another request is REQUEST_ID_REUSED, and is not sent", async (name) => {
    const upstream = await startScriptedUpstream(willing);
    const client = rpcClient(await startGateway({ upstream }), protocol);
    const call = mutations[name] ?? expect.unreachable();
    const requestId = randomUUID();
    await call(client, requestId, false);
    expect(await rpcErrorOf(call(client, requestId, true))).toEqual(reused);
    expect(upstream.mutations).toBe(1);
  });

  test.each(names)(
    "%s with a request_id is STORE_UNAVAILABLE where the shared store is lost, and is not sent",
    async (name) => {
      const upstream = await startScriptedUpstream(willing);
      const client = rpcClient(await startGateway({ upstream, env: await lostStore() }), protocol);
      const call = mutations[name] ?? expect.unreachable();
      expect(await rpcErrorOf(call(client, randomUUID(), false))).toEqual(storeUnavailable);
      expect(upstream.arrivals).toBe(0);
    },
  );
});

test.each(names)(
  "%s with a request_id is carried out, unprotected, where the lost store is allowed to fail",
  async (name) => {
    const upstream = await startScriptedUpstream(willing);
    const env = { ...(await lostStore()), VERIGATE_STORE_FAILURE: "allow" };
    const client = rpcClient(await startGateway({ upstream, env }));
    const call = mutations[name] ?? expect.unreachable();
    await call(client, randomUUID(), false);
    expect(upstream.mutations).toBe(1);
  },
);

test.each(names)("%s twice with one request_id is sent once, and answered the same", async (name) => {
  const upstream = await startScriptedUpstream(willing);
  const client = rpcClient(await startGateway({ upstream }));
  const call = mutations[name] ?? expect.unreachable();
  const requestId = randomUUID();
  const first = await call(client, requestId, false);
  const { replayed: _, resendAfter: __, ...second } = (await call(client, requestId, false)) as Record<string, unknown>;
  expect(first).toMatchObject(second);
  expect(upstream.mutations).toBe(1);
});
