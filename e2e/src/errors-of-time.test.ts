import { createConnection } from "node:net";
import { AuthMethod } from "@verigate/contract";
import { describe, expect, test } from "vitest";
import { handledAtLeast, startGateway } from "./gateway-under-test.ts";
import { protocols, type RpcProtocol, rpcClient } from "./rpc-client.ts";
import { failureOf, rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aService, aUser, createService, createUser, userOfService, verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

/** As the caller's library sends it; without a timer of its own, which could fire before the answer is there. */
const timeoutHeader = { connect: "connect-timeout-ms", grpc: "grpc-timeout", "grpc-web": "grpc-timeout" };
const within200ms = (protocol: RpcProtocol) => ({
  headers: { [timeoutHeader[protocol]]: protocol === "connect" ? "200" : "200m" },
});
const timeout = within200ms("connect");
const deadline = rpcError("DeadlineExceeded", "DEADLINE_EXCEEDED", "REPEAT_SAME_REQUEST_ID");
const unknownAtDeadline = rpcError("DeadlineExceeded", "OUTCOME_UNKNOWN", "START_AGAIN");
const shuttingDown = rpcError("Unavailable", "SHUTTING_DOWN", "REPEAT_SAME_REQUEST_ID");

describe.each(protocols)("over %s, when upstream hangs", (protocol) => {
  test("a safe call says DEADLINE_EXCEEDED before its deadline", async () => {
    const upstream = await startScriptedUpstream("hang");
    const gateway = await startGateway({ upstream });
    expect(await rpcErrorOf(rpcClient(gateway, protocol).users.getUser(userOfService, within200ms(protocol)))).toEqual(
      deadline,
    );
  });

  test("an unsafe call says OUTCOME_UNKNOWN before its deadline, and was sent once", async () => {
    const upstream = await startScriptedUpstream("hang");
    const gateway = await startGateway({ upstream });
    expect(await rpcErrorOf(rpcClient(gateway, protocol).auth.verifyPin(verifyPin, within200ms(protocol)))).toEqual(
      unknownAtDeadline,
    );
    expect(upstream.arrivals).toBe(1);
  });

  test("a caller who leaves is counted as CANCELLED", async () => {
    const upstream = await startScriptedUpstream("hang");
    const gateway = await startGateway({ upstream });
    const departure = new AbortController();
    const call = rpcClient(gateway, protocol).auth.verifyPin(verifyPin, { signal: departure.signal });
    await upstream.received(1);
    departure.abort();
    await failureOf(call);
    expect(await handledAtLeast(gateway, "VerifyPin", "Canceled", 1)).toBe(1);
  });
});

test("at the deadline, a request_id makes a repeat safe: it gets what became of the first request", async () => {
  const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>();
  const upstream = await startScriptedUpstream(async () => {
    await mayAnswer;
    return { status: 200, body: { verified: true, method: "sms" } };
  });
  const gateway = await startGateway({ upstream });
  const { auth } = rpcClient(gateway);
  const request = { ...verifyPin, requestId: "7b0f0c1e-58a5-4f10-9d3e-0d1f5ad5a001" };

  expect(await rpcErrorOf(auth.verifyPin(request, timeout))).toEqual(
    rpcError("DeadlineExceeded", "OUTCOME_UNKNOWN", "REPEAT_SAME_REQUEST_ID"),
  );
  answer();
  expect(await auth.verifyPin(request)).toMatchObject({ verified: true, replayed: true });
  expect(upstream.arrivals).toBe(1);
});

test("a list's deadline is kept, too", async () => {
  const upstream = await startScriptedUpstream("hang");
  const gateway = await startGateway({ upstream });
  const { users } = rpcClient(gateway);
  expect(await rpcErrorOf(users.listUsers({ serviceId: "s1" }, timeout))).toEqual(deadline);
});

test("a call that brings no deadline gets the default one", async () => {
  const upstream = await startScriptedUpstream("hang");
  const gateway = await startGateway({ upstream, env: { VERIGATE_DEFAULT_DEADLINE: "200ms" } });
  const { auth } = rpcClient(gateway);
  expect(await rpcErrorOf(auth.initiateAuth({ ...userOfService, method: AuthMethod.SMS }))).toEqual(unknownAtDeadline);
});

test("a deadline over the maximum is cut to it, not refused", async () => {
  const upstream = await startScriptedUpstream("hang");
  const gateway = await startGateway({
    upstream,
    env: { VERIGATE_DEFAULT_DEADLINE: "200ms", VERIGATE_MAX_DEADLINE: "200ms" },
  });
  const { users } = rpcClient(gateway);
  expect(await rpcErrorOf(users.createUser(createUser, { headers: { "connect-timeout-ms": "3600000" } }))).toEqual(
    unknownAtDeadline,
  );
});

test("an unsafe call whose deadline passes before its turn says DEADLINE_EXCEEDED, and is never sent", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startScriptedUpstream(async ({ method }) => {
    if (method === "POST") {
      await held;
    }
    return { status: 200, body: aService };
  });
  // Half of the slots are for authentication, so this leaves one.
  const gateway = await startGateway({ upstream, env: { VERIGATE_UPSTREAM_CONCURRENCY: "2" } });
  const { services } = rpcClient(gateway);
  const first = services.createService(createService);
  await upstream.received(1);
  expect(await rpcErrorOf(services.createService(createService, timeout))).toEqual(deadline);
  release();
  await first;
  await services.getService({ serviceId: "s1" });
  expect(upstream.requests.map(({ method }) => method)).toEqual(["POST", "GET"]);
});

test("a deadline covers the upload: half a request says DEADLINE_EXCEEDED", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startGateway({ upstream });
  const socket = createConnection(gateway.port, "127.0.0.1");
  socket.write(
    [
      "POST /verigate.v1.UserAPI/GetUser HTTP/1.1",
      "host: localhost",
      "content-type: application/json",
      "connect-timeout-ms: 200",
      "content-length: 1000",
      "",
      '{"serviceId":',
    ].join("\r\n"),
  );
  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    answer += chunk;
  }
  expect(answer).toMatch(/^HTTP\/1\.1 504 /);
  expect(JSON.parse(answer.slice(answer.indexOf("{")))).toMatchObject({
    code: "deadline_exceeded",
    details: [{ type: "google.rpc.ErrorInfo", debug: { reason: "DEADLINE_EXCEEDED", domain: "verigate" } }],
  });
  expect(upstream.arrivals).toBe(0);
});

test("a safe call that hangs when the time to drain is over says SHUTTING_DOWN", async () => {
  const upstream = await startScriptedUpstream("hang");
  const gateway = await startGateway({ upstream });
  const call = rpcErrorOf(rpcClient(gateway).users.getUser(userOfService));
  await upstream.received(1);
  const stopped = gateway.server.stop();
  expect(await call).toEqual(shuttingDown);
  await upstream.close();
  await stopped;
});

test("an unsafe call that hangs when the time to drain is over says OUTCOME_UNKNOWN", async () => {
  const upstream = await startScriptedUpstream("hang");
  const gateway = await startGateway({ upstream });
  const call = rpcErrorOf(rpcClient(gateway).auth.verifyPin(verifyPin));
  await upstream.received(1);
  const stopped = gateway.server.stop();
  expect(await call).toEqual(rpcError("Unknown", "OUTCOME_UNKNOWN", "START_AGAIN"));
  await upstream.close();
  await stopped;
});
