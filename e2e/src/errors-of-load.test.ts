import { AuthMethod } from "@verigate/contract";
import { describe, expect, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { protocols, type RpcClient, rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aUser, createUser, userOfService, verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const afterSomeTime = { retryDelays: [expect.stringMatching(/^\d+(\.\d+)?s$/)] };
const circuitOpen = rpcError("Unavailable", "UPSTREAM_CIRCUIT_OPEN", "WAIT", afterSomeTime);
const overloaded = rpcError("Unavailable", "OVERLOADED", "WAIT", afterSomeTime);
const failed = rpcError("Unavailable", "UPSTREAM_FAILED", "REPEAT_SAME_REQUEST_ID");

const getUser = ({ users }: RpcClient) => users.getUser(userOfService);
const deleteUser = ({ users }: RpcClient) => users.deleteUser(userOfService);
const newUser = ({ users }: RpcClient) => users.createUser(createUser);
const initiate = ({ auth }: RpcClient) => auth.initiateAuth({ ...userOfService, method: AuthMethod.SMS });
const verify = ({ auth }: RpcClient) => auth.verifyPin(verifyPin);

/** It opens with the second failure, and stays open. */
const brittle = { VERIGATE_BREAKER_MIN_CALLS: "2", VERIGATE_BREAKER_OPEN: "10m" };

describe.each(protocols)("over %s", (protocol) => {
  test("where the upstream keeps failing, calls are refused with UPSTREAM_CIRCUIT_OPEN and are not sent", async () => {
    const upstream = await startScriptedUpstream({ status: 500 });
    const gateway = await startGateway({ upstream, env: brittle });
    const client = rpcClient(gateway, protocol);
    expect(await rpcErrorOf(getUser(client))).toEqual(failed);
    expect(await rpcErrorOf(deleteUser(client))).toEqual(failed);
    for (const call of [getUser, deleteUser, newUser]) {
      expect(await rpcErrorOf(call(client))).toEqual(circuitOpen);
    }
    expect(upstream.arrivals).toBe(2);
  });

  test("where slots don't become free, a call is refused with OVERLOADED and is not sent", async () => {
    const upstream = await startScriptedUpstream("hang");
    const gateway = await startGateway({ upstream, env: { VERIGATE_UPSTREAM_CONCURRENCY: "2" } });
    const client = rpcClient(gateway, protocol);
    // Half of the slots are for authentication, so this leaves one.
    const first = rpcErrorOf(newUser(client));
    await upstream.received(1);
    expect(await rpcErrorOf(newUser(client))).toEqual(overloaded);
    expect(upstream.arrivals).toBe(1);
    await upstream.close();
    await first;
  });
});

test("a breaker that is open for calls about users lets logins through, and the other way round", async () => {
  const upstream = await startScriptedUpstream(({ path }) =>
    path.endsWith("/auth") ? { status: 201, body: { method: "sms" } } : { status: 500 },
  );
  const gateway = await startGateway({ upstream, env: brittle });
  const client = rpcClient(gateway);
  await rpcErrorOf(getUser(client));
  await rpcErrorOf(getUser(client));
  expect(await rpcErrorOf(getUser(client))).toEqual(circuitOpen);
  expect(await initiate(client)).toMatchObject({ method: AuthMethod.SMS });

  upstream.react(({ path }) => (path.endsWith("/auth") ? { status: 500 } : { status: 200, body: aUser }));
  await rpcErrorOf(verify(client));
  await rpcErrorOf(verify(client));
  expect(await rpcErrorOf(verify(client))).toEqual(circuitOpen);
});

test("a breaker that is turned off refuses nothing", async () => {
  const upstream = await startScriptedUpstream({ status: 500 });
  const gateway = await startGateway({ upstream, env: { ...brittle, VERIGATE_BREAKER_ERROR_PERCENT: "0" } });
  const client = rpcClient(gateway);
  const errors = [
    await rpcErrorOf(getUser(client)),
    await rpcErrorOf(getUser(client)),
    await rpcErrorOf(getUser(client)),
  ];
  expect(errors).toEqual([failed, failed, failed]);
});

test("what would have to wait too long for its turn is OVERLOADED at once", async () => {
  const upstream = await startScriptedUpstream("hang");
  const gateway = await startGateway({ upstream, env: { VERIGATE_UPSTREAM_RPS: "1" } });
  const client = rpcClient(gateway);
  const calls = [verify, initiate, newUser].map((call) => rpcErrorOf(call(client)));
  // The first is sent, the second waits for its turn.
  expect(await Promise.race(calls)).toEqual(overloaded);
  await upstream.close();
  await Promise.all(calls);
});

test("callers who left attempts behind in half of the slots are refused with OVERLOADED until those end", async () => {
  const upstream = await startScriptedUpstream("hang");
  const env = { VERIGATE_UPSTREAM_CONCURRENCY: "8", VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "5m" };
  const gateway = await startGateway({ upstream, env });
  const client = rpcClient(gateway);
  const briefly = { headers: { "connect-timeout-ms": "100" } };
  const unknown = rpcError("DeadlineExceeded", "OUTCOME_UNKNOWN", "START_AGAIN");
  for (let each = 0; each < 4; each += 1) {
    expect(await rpcErrorOf(client.auth.verifyPin(verifyPin, briefly))).toEqual(unknown);
  }
  expect(await rpcErrorOf(verify(client))).toEqual(overloaded);
  expect(upstream.arrivals).toBe(4);
});
