import { join } from "node:path";
import {
  AuthMethod,
  createVerigateClient,
  isNotFound,
  isOutcomeUnknown,
  type Protocol,
  VerifyFailure,
  type VerigateClient,
  type VerigateClientOptions,
} from "@verigate/client";
import { textFromListenAddress } from "@verigate/gateway";
import { describe, expect, onTestFinished, test } from "vitest";
import { startNode } from "./command-under-test.ts";
import { freePort } from "./free-port.ts";
import { startGateway } from "./gateway-under-test.ts";
import { inRepository } from "./repository.ts";
import { startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const phoneNumber = "+37255555555";

function clientOf(options: VerigateClientOptions): VerigateClient {
  const client = createVerigateClient(options);
  onTestFinished(() => client.close());
  return client;
}

const listeners = [
  { name: "http://", listen: () => "127.0.0.1:0", prefix: "http://" },
  { name: "unix:", listen: () => `unix:${join(temporaryFolder(), "gateway.sock")}`, prefix: "" },
];
const protocols: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

describe.each(listeners)("the client package over $name", ({ listen, prefix }) => {
  test.each(protocols)("logs a user in by %s", async (protocol) => {
    const sandbox = await startSandbox();
    const { server } = await startGateway({ upstream: sandbox, env: { VERIGATE_LISTEN: listen() } });
    const [address = ""] = server.addresses.map(textFromListenAddress);
    const { services, users, auth } = clientOf({ address: `${prefix}${address}`, protocol });

    const { service } = await services.createService({ fqdn: "shop.example", name: "Shop" });
    const serviceId = service?.id ?? "";
    const { user } = await users.createUser({ serviceId, phoneNumber, idInService: "anna" });
    const login = { serviceId, userId: user?.id ?? "" };
    expect((await auth.initiateAuth({ ...login, method: AuthMethod.SMS })).method).toBe(AuthMethod.SMS);
    const pin = await sandbox.pinOf(phoneNumber);
    const wrong = await auth.verifyPin({ ...login, pin: wrongPin(pin) });
    expect([wrong.verified, wrong.failure]).toEqual([false, VerifyFailure.INVALID]);
    expect((await auth.verifyPin({ ...login, pin })).verified).toBe(true);
    await expect(users.getUser({ serviceId, userId: "nobody" })).rejects.toSatisfy(isNotFound);
  });
});

test("a guess whose answer was lost is an unknown outcome to the client package, and is not repeated", async () => {
  const upstream = await startScriptedUpstream({ reset: "after" });
  const { authority } = await startGateway({ upstream });
  const { auth } = clientOf({ address: `http://${authority}` });
  await expect(auth.verifyPin({ serviceId: "s1", userId: "u1", pin: "0123" })).rejects.toSatisfy(isOutcomeUnknown);
  expect(upstream.arrivals).toBe(1);
});

test("the example service logs its user in", async () => {
  const sandbox = await startSandbox();
  const { authority } = await startGateway({ upstream: sandbox });
  const port = await freePort();
  const example = startNode([inRepository("examples/login/src/main.ts")], {
    VERIGATE_ADDRESS: `http://${authority}`,
    LOGIN_PHONE_NUMBER: phoneNumber,
    LOGIN_PORT: String(port),
  });
  await example.said(/can log in at/);
  const post = async (path: string, request: unknown) =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: JSON.stringify(request) })).json();

  const { loginId } = (await post("/login", { username: "anna" })) as { loginId: string };
  const pin = await sandbox.pinOf(phoneNumber);
  expect(await post("/login/verify", { loginId, pin: wrongPin(pin) })).toMatchObject({ verified: false });
  expect(await post("/login/verify", { loginId, pin })).toMatchObject({ verified: true });

  example.kill("SIGTERM");
  expect(await example.ended).toBe(0);
});
