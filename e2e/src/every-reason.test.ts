import { randomUUID } from "node:crypto";
import { AuthMethod, ErrorInfoSchema, ErrorReason, nameOfReason } from "@verigate/contract";
import { expect, test } from "vitest";
import { startVerigate } from "./command-under-test.ts";
import { freePort } from "./free-port.ts";
import { envForTest, startGateway } from "./gateway-under-test.ts";
import { rawFailure } from "./raw-rpc.ts";
import { type RpcClient, rpcClient } from "./rpc-client.ts";
import { failureOf } from "./rpc-error.ts";
import { createService, createUser, userOfService, verifyPin } from "./samples.ts";
import { type Script, startScriptedUpstream } from "./scripted-upstream.ts";

/** Makes a gateway give an error for real, and tells its reason. */
type Provocation = () => Promise<string | undefined>;

/** Given by what decides who may call and where PINs may be sent, and provoked by its tests. */
const ofAccessAndLimits: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.CALLER_UNAUTHENTICATED,
  ErrorReason.COUNTRY_NOT_ALLOWED,
  ErrorReason.CALLER_RATE_LIMITED,
  ErrorReason.SEND_COOLDOWN,
  ErrorReason.SEND_LIMIT,
  ErrorReason.SERVICE_SEND_LIMIT,
  ErrorReason.PUMPING_SUSPECTED,
]);

type Env = Readonly<Record<string, string>>;

/** The reason of a call that fails because of what the upstream does, or the settings are. */
function provoked(call: (client: RpcClient) => Promise<unknown>, script: Script, env: Env = {}): Provocation {
  return async () => {
    const upstream = await startScriptedUpstream(script);
    return reasonOf(call(rpcClient(await startGateway({ upstream, env }))));
  };
}

async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  return (await failureOf(call)).findDetails(ErrorInfoSchema)[0]?.reason;
}

/** The reason of a request that no library would send. */
function provokedBy(method: string, headers: Env = {}): Provocation {
  return async () => {
    const { authority } = await startGateway({ upstream: await startScriptedUpstream("hang") });
    const failure = await rawFailure(authority, {
      protocol: "connect",
      encoding: "json",
      method,
      message: JSON.stringify(userOfService),
      headers,
    });
    return failure.findDetails(ErrorInfoSchema)[0]?.reason;
  };
}

const getService = ({ services }: RpcClient) => services.getService({ serviceId: "s1" });
const deleteService = ({ services }: RpcClient) => services.deleteService({ serviceId: "s1" });
const newService = ({ services }: RpcClient) => services.createService(createService);
const getUser = ({ users }: RpcClient) => users.getUser(userOfService);
const newUser = ({ users }: RpcClient) => users.createUser(createUser);
const verify = ({ auth }: RpcClient) => auth.verifyPin(verifyPin);
const within100ms = { headers: { "connect-timeout-ms": "100" } };

const provocations: Partial<Record<ErrorReason, Provocation>> = {
  [ErrorReason.INVALID_REQUEST]: provoked(({ auth }) => auth.verifyPin({ ...verifyPin, pin: "x" }), "hang"),
  [ErrorReason.REQUEST_ID_REUSED]: provoked(
    async ({ auth }) => {
      const request = { ...userOfService, method: AuthMethod.SMS, requestId: randomUUID() };
      await auth.initiateAuth(request);
      await auth.initiateAuth({ ...request, userId: "another" });
    },
    { status: 201, body: { method: "sms" } },
  ),
  [ErrorReason.REQUEST_TOO_LARGE]: provoked(
    ({ services }) => services.createService({ ...createService, name: "x".repeat(65 * 1024) }),
    "hang",
  ),
  [ErrorReason.METHOD_UNKNOWN]: provokedBy("AuthAPI/Guess"),
  [ErrorReason.CALLER_NOT_ALLOWED]: provokedBy("UserAPI/GetUser", { origin: "https://evil.example" }),
  [ErrorReason.UPSTREAM_REJECTED]: provoked(verify, { status: 422 }),
  [ErrorReason.UPSTREAM_CREDENTIALS_REJECTED]: provoked(verify, { status: 401 }),
  [ErrorReason.UPSTREAM_FORBIDDEN]: provoked(verify, { status: 403 }),
  [ErrorReason.SERVICE_NOT_FOUND]: provoked(getService, { status: 404 }),
  [ErrorReason.USER_NOT_FOUND]: provoked(getUser, { status: 404 }),
  [ErrorReason.VERIFICATION_NOT_FOUND]: provoked(({ auth }) => auth.verifyPin({ ...verifyPin, authId: "a1" }), {
    status: 404,
  }),
  [ErrorReason.SERVICE_EXISTS]: provoked(newService, { status: 409 }),
  [ErrorReason.USER_EXISTS]: provoked(newUser, { status: 409 }),
  [ErrorReason.SERVICE_NOT_EMPTY]: provoked(deleteService, { status: 409 }),
  [ErrorReason.UPSTREAM_RATE_LIMITED]: provoked(verify, { status: 429 }),
  [ErrorReason.UPSTREAM_CIRCUIT_OPEN]: provoked(
    async (client) => {
      await failureOf(getUser(client));
      await getUser(client);
    },
    { status: 500 },
    { VERIGATE_BREAKER_MIN_CALLS: "1" },
  ),
  // The second waits for its turn; for the third, that would take too long.
  [ErrorReason.OVERLOADED]: provoked(
    (client) => Promise.race([verify, verify, verify].map((call) => call(client))),
    "hang",
    {
      VERIGATE_UPSTREAM_RPS: "1",
    },
  ),
  [ErrorReason.UPSTREAM_UNREACHABLE]: async () => {
    const upstream = { url: `http://127.0.0.1:${await freePort()}` };
    return reasonOf(verify(rpcClient(await startGateway({ upstream }))));
  },
  [ErrorReason.SHUTTING_DOWN]: async () => {
    const upstream = await startScriptedUpstream("hang");
    const gateway = await startGateway({ upstream });
    const reason = reasonOf(getUser(rpcClient(gateway)));
    await upstream.received(1);
    gateway.server.stop();
    return reason;
  },
  [ErrorReason.STORE_UNAVAILABLE]: async () => {
    const env = {
      VERIGATE_REDIS_URL: `redis://127.0.0.1:${await freePort()}`,
      VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
    };
    return provoked(({ auth }) => auth.verifyPin({ ...verifyPin, requestId: randomUUID() }), "hang", env)();
  },
  [ErrorReason.UPSTREAM_FAILED]: provoked(getUser, { reset: "after" }),
  [ErrorReason.DEADLINE_EXCEEDED]: provoked(({ users }) => users.getUser(userOfService, within100ms), "hang"),
  [ErrorReason.OUTCOME_UNKNOWN]: provoked(verify, { reset: "after" }),
  [ErrorReason.UPSTREAM_BAD_RESPONSE]: provoked(verify, { status: 200, body: "<html>" }),
  // Who has left sees no error: it is in the log.
  [ErrorReason.CANCELLED]: async () => {
    const upstream = await startScriptedUpstream("hang");
    const command = startVerigate({ ...envForTest(upstream.url), VERIGATE_LOG_LEVEL: "info" });
    const [, authority = ""] = await command.said(/"address":"(127\.0\.0\.1:\d+)"/);
    const departure = new AbortController();
    const call = failureOf(rpcClient({ authority }).auth.verifyPin(verifyPin, { signal: departure.signal }));
    await upstream.received(1);
    departure.abort();
    await call;
    return (await command.said(/"reason":"(\w+)"/))[1];
  },
  [ErrorReason.GATEWAY_BUG]: async () => {
    const provider = new Proxy({} as NonNullable<Parameters<typeof startGateway>[0]["provider"]>, {
      get: () => () => {
        throw new TypeError("of ours");
      },
    });
    return reasonOf(getUser(rpcClient(await startGateway({ upstream: { url: "http://127.0.0.1:9" }, provider }))));
  },
};

const reasons = Object.values(ErrorReason).filter(
  (reason): reason is ErrorReason => typeof reason === "number" && reason !== ErrorReason.UNSPECIFIED,
);

test.each(
  reasons.filter((reason) => !ofAccessAndLimits.has(reason)).map((reason) => [nameOfReason(reason), reason] as const),
)("%s of the contract is an error that a gateway really gives", async (name, reason) => {
  const provoke = provocations[reason] ?? expect.unreachable(`nothing provokes ${name}`);
  expect(await provoke()).toBe(name);
});
