import { AuthMethod, ThrottledBy, VerifyFailure, type VerifyPinResponse } from "@verigate/contract";
import { describe, expect, test } from "vitest";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { redisServer, testWith } from "./real-or-skip.ts";
import { type RedisUnderTest, startRedis } from "./redis-under-test.ts";
import { type RpcClient, rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { type SandboxUnderTest, startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { scrape } from "./scrape.ts";

type Env = Readonly<Record<string, string>>;

const phoneNumber = "+37255555555";
const hashKey = Buffer.alloc(32, 1).toString("base64");
/** The limits as they come. */
const defaults: Env = {
  VERIGATE_LIMIT_GUESSES: "5/10m,20/24h",
  VERIGATE_LIMIT_SEND_COOLDOWN: "30s",
  VERIGATE_LIMIT_SENDS: "5/1h",
};

interface Login {
  readonly serviceId: string;
  readonly userId: string;
}

/** How many requests of a call the sandbox has got, refused ones included. */
async function totalOf({ url }: SandboxUnderTest, call: string): Promise<number> {
  const response = await fetch(`${url}/sandbox/v1/requests`);
  const { totals } = (await response.json()) as { totals: Record<string, number> };
  return totals[call] ?? Number.NaN;
}

async function newService({ services }: RpcClient): Promise<string> {
  const { service } = await services.createService({ fqdn: `${crypto.randomUUID()}.example`, name: "Shop" });
  return service?.id ?? "";
}

async function newUser({ users }: RpcClient, serviceId: string, phone = phoneNumber): Promise<Login> {
  const { user } = await users.createUser({ serviceId, phoneNumber: phone, idInService: crypto.randomUUID() });
  return { serviceId, userId: user?.id ?? "" };
}

/** A sandbox, a gateway with the limits as they come, and a user. */
async function scene(env: Env = {}) {
  const sandbox = await startSandbox();
  const gateway = await startGateway({ upstream: sandbox, env: { ...defaults, ...env } });
  const client = rpcClient(gateway);
  const login = await newUser(client, await newService(client));
  const initiate = (more = {}) => client.auth.initiateAuth({ ...login, method: AuthMethod.SMS, ...more });
  return { sandbox, gateway, client, login, initiate };
}

/** Tries so many PINs, each another one, as 20 callers at the same time would, with a new PIN sent now and then. */
async function bruteForce(
  gateways: readonly GatewayUnderTest[],
  login: Login,
  guesses: number,
): Promise<VerifyPinResponse[]> {
  const clients = Array.from({ length: 20 }, (_, caller) =>
    rpcClient(gateways[caller % gateways.length] ?? expect.unreachable()),
  );
  const answers: VerifyPinResponse[] = [];
  await Promise.all(
    clients.map(async ({ auth }, caller) => {
      for (let guess = caller; guess < guesses; guess += clients.length) {
        if (guess % 50 === caller) {
          await auth.initiateAuth({ ...login, method: AuthMethod.SMS }).catch(() => {});
        }
        answers.push(await auth.verifyPin({ ...login, pin: String(guess).padStart(4, "0") }));
      }
    }),
  );
  return answers;
}

describe("a user's guesses", () => {
  test("are no more than the budget, whoever tries at the same time and whatever is sent again", async () => {
    const { sandbox, gateway, login } = await scene();
    const answers = await bruteForce([gateway], login, 400);

    expect(await totalOf(sandbox, "verifyPin")).toBe(5);
    expect(answers.filter(({ throttledBy }) => throttledBy === ThrottledBy.GATEWAY)).toHaveLength(395);
    expect(answers.filter(({ failure }) => failure === VerifyFailure.INVALID)).toHaveLength(5);
    expect(await totalOf(sandbox, "initiateAuth")).toBe(1);
  });

  test("are told how many are left, and when there are more", async () => {
    const { sandbox, client, login, initiate } = await scene();
    await initiate();
    const pin = wrongPin(await sandbox.pinOf(phoneNumber));
    const first = await client.auth.verifyPin({ ...login, pin });
    expect([first.checksLeft, first.retryAfter]).toEqual([4, undefined]);
    for (let guess = 0; guess < 4; guess += 1) {
      await client.auth.verifyPin({ ...login, pin });
    }
    const throttled = await client.auth.verifyPin({ ...login, pin: await sandbox.pinOf(phoneNumber) });

    expect(throttled).toMatchObject({ verified: false, throttledBy: ThrottledBy.GATEWAY, checksLeft: 0 });
    expect(Number(throttled.retryAfter?.seconds)).toBeGreaterThan(500);
  });

  test("are no more where they come under a request_id that is known", async () => {
    const { sandbox, client, login, initiate } = await scene();
    await initiate();
    const pin = await sandbox.pinOf(phoneNumber);
    const requestId = crypto.randomUUID();
    expect((await client.auth.verifyPin({ ...login, pin, requestId })).verified).toBe(true);
    const outcomes: string[] = [];
    for (let guess = 0; guess < 30; guess += 1) {
      const outcome = await client.auth.verifyPin({ ...login, pin: String(guess).padStart(4, "0"), requestId }).then(
        ({ throttledBy }) => ThrottledBy[throttledBy],
        (error: Error) => error.message,
      );
      outcomes.push(outcome);
    }

    expect(outcomes.slice(0, 5)).toEqual(new Array(5).fill(expect.stringContaining("request_id was used for another")));
    expect(new Set(outcomes.slice(5))).toEqual(new Set(["GATEWAY"]));
    expect(await client.auth.verifyPin({ ...login, pin, requestId })).toMatchObject({ verified: false, checksLeft: 0 });
    expect(await totalOf(sandbox, "verifyPin")).toBe(1);
  });

  test("of a stranger leave the user some", async () => {
    const { sandbox, client, login, initiate } = await scene();
    await initiate();
    const pin = await sandbox.pinOf(phoneNumber);
    for (let guess = 0; guess < 10; guess += 1) {
      await client.auth.verifyPin({ ...login, pin: wrongPin(pin), endUser: { ip: "192.0.2.1", session: "stranger" } });
    }

    expect(await client.auth.verifyPin({ ...login, pin, endUser: { ip: "198.51.100.7" } })).toMatchObject({
      verified: true,
    });
  });
});

describe("PINs that are sent", () => {
  test("have a cool-down, of which the first answer tells and the refusal says what it is", async () => {
    const { sandbox, login, initiate } = await scene();
    const first = await initiate();
    const refusal = await rpcErrorOf(initiate());

    expect(Number(first.resendAfter?.seconds)).toBe(30);
    expect(refusal).toEqual(
      rpcError("ResourceExhausted", "SEND_COOLDOWN", "WAIT", {
        quotas: [`user:${login.userId}; PINs: 1/30s`],
        retryDelays: [expect.stringMatching(/^(2\d|30)(\.\d+)?s$/)],
      }),
    );
    expect(await totalOf(sandbox, "initiateAuth")).toBe(1);
  });

  test("to a phone are no more because its user is deleted and created again", async () => {
    const { sandbox, client, login, initiate } = await scene({
      VERIGATE_LIMIT_SEND_COOLDOWN: "0",
      VERIGATE_LIMIT_SENDS: "2/1h",
    });
    await initiate();
    await initiate();
    await client.users.deleteUser(login);
    const again = await newUser(client, login.serviceId);
    const refusal = await rpcErrorOf(client.auth.initiateAuth({ ...again, method: AuthMethod.SMS }));

    expect(again.userId).not.toBe(login.userId);
    expect(refusal).toMatchObject({
      infos: ["verigate/SEND_LIMIT -> WAIT"],
      quotas: [`user:${again.userId}; PINs: 2/1h`],
    });
    expect(await totalOf(sandbox, "initiateAuth")).toBe(2);
  });

  test("to one phone are no more than twice the cap, whatever services are made for it and however it is spelled", async () => {
    const { sandbox, client } = await scene({ VERIGATE_LIMIT_SENDS: "2/1h" });
    const refusals: unknown[] = [];
    for (let service = 0; service < 6; service += 1) {
      const phone = service % 2 === 0 ? "+447911123456" : "+4407911123456";
      const user = await newUser(client, await newService(client), phone);
      const start = client.auth.initiateAuth({ ...user, method: AuthMethod.SMS });
      refusals.push(
        await start.then(
          () => "sent",
          (error: unknown) => rpcErrorOf(Promise.reject(error)),
        ),
      );
    }

    expect(refusals.slice(0, 4)).toEqual(["sent", "sent", "sent", "sent"]);
    expect(refusals.slice(4)).toMatchObject(
      Array.from({ length: 2 }, () => ({
        infos: ["verigate/SEND_LIMIT -> WAIT"],
        quotas: [expect.stringMatching(/^phone of user:.*; PINs of all services: 4\/1h$/)],
      })),
    );
    expect(await totalOf(sandbox, "initiateAuth")).toBe(4);
  });

  test("are not counted where an app's codes are used instead, which have a cap of their own", async () => {
    const { sandbox, login, client, initiate } = await scene();
    await sandbox.control("devices", { phone_number: phoneNumber });
    const byTotp = () => client.auth.initiateAuth({ ...login, method: AuthMethod.TOTP });
    for (let start = 0; start < 20; start += 1) {
      const { method, resendAfter } = await byTotp();
      expect([method, resendAfter?.seconds]).toEqual([AuthMethod.TOTP, 0n]);
    }

    expect(await rpcErrorOf(byTotp())).toMatchObject({
      infos: ["verigate/SEND_LIMIT -> WAIT"],
      quotas: [`user:${login.userId}; starts by TOTP: 20/1h`],
    });
    expect((await initiate()).method).toBe(AuthMethod.SMS);
  });

  test("for a service are no more than its cap", async () => {
    const { sandbox, client, login } = await scene({ VERIGATE_LIMIT_SERVICE_SENDS: "3" });
    const start = async (index: number) => {
      const user = await newUser(client, login.serviceId, `+3725555000${index}`);
      await client.auth.initiateAuth({ ...user, method: AuthMethod.SMS });
    };
    await start(0);
    await start(1);
    await start(2);

    expect(await rpcErrorOf(start(3))).toMatchObject({
      code: "ResourceExhausted",
      infos: ["verigate/SERVICE_SEND_LIMIT -> WAIT"],
      quotas: [`service:${login.serviceId}; PINs: 3/24h`],
    });
    expect(await totalOf(sandbox, "initiateAuth")).toBe(3);
  });

  test("to a country that nobody uses them in are stopped after fifty, and go on elsewhere", async () => {
    const { sandbox, gateway, client, login } = await scene({ VERIGATE_PUMPING: "enforce" });
    const start = async (phone: string) => {
      const user = await newUser(client, login.serviceId, phone);
      await client.auth.initiateAuth({ ...user, method: AuthMethod.SMS });
    };
    for (let index = 0; index < 50; index += 1) {
      await start(`+37255${String(index).padStart(6, "0")}`);
    }
    const refusal = await rpcErrorOf(start("+37255999999"));
    await start("+37121234567");

    expect(refusal).toMatchObject({ code: "ResourceExhausted", infos: ["verigate/PUMPING_SUSPECTED -> WAIT"] });
    expect(refusal.quotas).toEqual([expect.stringMatching(/^country:EE; /)]);
    expect(await totalOf(sandbox, "initiateAuth")).toBe(51);
    const page = await scrape(gateway);
    expect(page.sum("verigate_limit_pumping_suspected_total", { country: "EE" })).toBe(1);
    expect(page.sum("verigate_limit_decisions_total", { limit: "pumping", decision: "denied" })).toBe(1);
  });
});

test("a phone of a country that is not served is not registered", async () => {
  const { client, login, sandbox } = await scene({ VERIGATE_COUNTRIES: "EE" });
  const refusal = await rpcErrorOf(newUser(client, login.serviceId, "+37121234567"));

  expect(refusal).toEqual(
    rpcError("PermissionDenied", "COUNTRY_NOT_ALLOWED", "OPERATOR", { fields: ["phone_number"] }),
  );
  expect(await totalOf(sandbox, "createUser")).toBe(1);
});

test("a caller that makes too many calls is refused, valid or not, and health is told", async () => {
  const { client, gateway } = await scene({ VERIGATE_LIMIT_CALLER_RPS: "20" });
  const failures = await Promise.all(
    Array.from({ length: 60 }, () => rpcErrorOf(client.users.getUser({ serviceId: "", userId: "" }))),
  );
  const limited = failures.filter(({ infos: [info] }) => info === "verigate/CALLER_RATE_LIMITED -> WAIT");

  expect(limited.length).toBeGreaterThan(0);
  expect(limited[0]).toMatchObject({ code: "ResourceExhausted", quotas: ["caller:anonymous; calls: 20/1s"] });
  expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200);
});

test.each([
  ["no address", { ip: "no address" }, "end_user.ip"],
  ["a control character", { session: "a\nb" }, "end_user.session"],
  ["too long", { session: "x".repeat(257) }, "end_user.session"],
])("an end_user that is wrong (%s) is refused by name", async (_, endUser, field) => {
  const { client, login } = await scene();

  expect(await rpcErrorOf(client.auth.verifyPin({ ...login, pin: "0123", endUser }))).toMatchObject({
    infos: ["verigate/INVALID_REQUEST -> FIX_REQUEST"],
    fields: [field],
  });
});

test("users that somebody made up leave nothing behind", async () => {
  const { client, gateway, login } = await scene();
  const before = (await scrape(gateway)).sum("verigate_limit_keys");
  for (let number = 0; number < 100; number += 1) {
    const made = { ...login, userId: `made up ${number}` };
    await rpcErrorOf(client.auth.verifyPin({ ...made, pin: "0123" }));
    await rpcErrorOf(client.auth.initiateAuth({ ...made, method: AuthMethod.SMS }));
    await rpcErrorOf(client.auth.initiateAuth({ ...made, method: AuthMethod.TOTP }));
  }

  expect((await scrape(gateway)).sum("verigate_limit_keys")).toBe(before);
});

test("services that somebody made up leave nothing behind, also where services have a cap", async () => {
  const { client, gateway } = await scene({ VERIGATE_LIMIT_SERVICE_SENDS: "1000" });
  const before = (await scrape(gateway)).sum("verigate_limit_keys");
  for (let number = 0; number < 100; number += 1) {
    const made = { serviceId: `made up ${number}`, userId: "anna" };
    expect(await rpcErrorOf(client.auth.initiateAuth({ ...made, method: AuthMethod.SMS }))).toMatchObject({
      code: "NotFound",
    });
    await rpcErrorOf(client.auth.verifyPin({ ...made, pin: "0123" }));
  }

  expect((await scrape(gateway)).sum("verigate_limit_keys")).toBe(before);
});

describe("with a Redis that two gateways share", () => {
  const realTest = testWith(redisServer);

  async function replicas(redis: RedisUnderTest, sandbox: SandboxUnderTest, env: Env = {}) {
    const shared = { ...defaults, VERIGATE_REDIS_URL: redis.url, VERIGATE_HASH_KEY: hashKey, ...env };
    return [
      await startGateway({ upstream: sandbox, env: shared }),
      await startGateway({ upstream: sandbox, env: shared }),
    ] as const;
  }

  /** Fulfils when both see the store, or both don't. */
  async function seen(gateways: readonly GatewayUnderTest[], isUp: boolean): Promise<void> {
    for (const gateway of gateways) {
      await expect
        .poll(async () => (await scrape(gateway)).sum("verigate_store_up"), { timeout: 20_000 })
        .toBe(Number(isUp));
    }
  }

  realTest(
    "a PIN is guessed at no more often than the budget allows, by 20 callers, also after a restart",
    async () => {
      const [sandbox, redis] = [await startSandbox(), await startRedis()];
      const gateways = await replicas(redis, sandbox);
      await seen(gateways, true);
      const client = rpcClient(gateways[0]);
      const login = await newUser(client, await newService(client));
      const answers = await bruteForce(gateways, login, 400);
      await gateways[0].server.stop();
      const restarted = await startGateway({
        upstream: sandbox,
        env: { ...defaults, VERIGATE_REDIS_URL: redis.url, VERIGATE_HASH_KEY: hashKey },
      });
      await seen([restarted], true);
      const more = await bruteForce([restarted, gateways[1]], login, 100);

      expect(await totalOf(sandbox, "verifyPin")).toBe(5);
      expect([...answers, ...more].filter(({ throttledBy }) => throttledBy === ThrottledBy.GATEWAY)).toHaveLength(495);
      expect(await totalOf(sandbox, "initiateAuth")).toBe(1);
    },
  );

  realTest("a Redis that is flushed forgets what was counted, which is told, and goes on counting", async () => {
    const [sandbox, redis] = [await startSandbox(), await startRedis()];
    const gateways = await replicas(redis, sandbox);
    await seen(gateways, true);
    const client = rpcClient(gateways[0]);
    const login = await newUser(client, await newService(client));
    await bruteForce(gateways, login, 40);
    expect(await redis.send("FLUSHALL")).toBe("+OK");
    await bruteForce(gateways, login, 40);

    // The sandbox has a budget of its own, which it does not lose: it was asked all the same.
    expect(await totalOf(sandbox, "verifyPin")).toBe(10);
    expect((await scrape(gateways[0])).sum("verigate_store_flushes_total")).toBe(1);
  });

  realTest("a Redis that is killed stops starts and guesses before anything is sent, and nothing else", async () => {
    const [sandbox, redis] = [await startSandbox(), await startRedis()];
    const gateways = await replicas(redis, sandbox);
    await seen(gateways, true);
    const client = rpcClient(gateways[0]);
    const login = await newUser(client, await newService(client));
    await redis.kill();
    await seen(gateways, false);
    const unavailable = rpcError("Unavailable", "STORE_UNAVAILABLE", "REPEAT_SAME_REQUEST_ID", { retryDelays: ["1s"] });

    expect(await rpcErrorOf(client.auth.verifyPin({ ...login, pin: "0123" }))).toEqual(unavailable);
    expect(await rpcErrorOf(client.auth.initiateAuth({ ...login, method: AuthMethod.SMS }))).toEqual(unavailable);
    expect([await totalOf(sandbox, "verifyPin"), await totalOf(sandbox, "initiateAuth")]).toEqual([0, 0]);
    expect((await client.users.getUser(login)).user?.id).toBe(login.userId);
    expect(await newUser(client, login.serviceId, "+37255555556")).toMatchObject({ serviceId: login.serviceId });
    const page = await scrape(gateways[0]);
    expect(page.sum("verigate_limit_decisions_total", { limit: "guesses", decision: "failed_closed" })).toBe(1);
    await startRedis(redis.port);
    await seen(gateways, true);
    expect((await client.auth.verifyPin({ ...login, pin: "0123" })).checksLeft).toBe(4);
  });

  realTest("with VERIGATE_STORE_FAILURE=allow, a Redis that is killed stops nothing", async () => {
    const [sandbox, redis] = [await startSandbox(), await startRedis()];
    const gateways = await replicas(redis, sandbox, {
      VERIGATE_STORE_FAILURE: "allow",
      VERIGATE_LIMIT_CALLER_RPS: "1",
    });
    await seen(gateways, true);
    await redis.kill();
    await seen(gateways, false);
    const client = rpcClient(gateways[1]);
    const login = await newUser(client, await newService(client));
    await client.auth.initiateAuth({ ...login, method: AuthMethod.SMS });
    await client.auth.initiateAuth({ ...login, method: AuthMethod.SMS });

    expect(await totalOf(sandbox, "initiateAuth")).toBe(2);
    const page = await scrape(gateways[1]);
    expect(page.sum("verigate_limit_decisions_total", { limit: "sends", decision: "failed_open" })).toBe(3);
    expect(page.sum("verigate_limit_decisions_total", { limit: "caller_rps", decision: "failed_open" })).toBe(4);
  });

  realTest("PINs to a country that nobody uses them in are stopped, whichever gateway sends them", async () => {
    const [sandbox, redis] = [await startSandbox(), await startRedis()];
    const gateways = await replicas(redis, sandbox, { VERIGATE_PUMPING: "enforce" });
    await seen(gateways, true);
    const clients = gateways.map((gateway) => rpcClient(gateway));
    const serviceId = await newService(clients[0] ?? expect.unreachable());
    let sent = 0;
    for (let index = 0; index < 60; index += 1) {
      const client = clients[index % 2] ?? expect.unreachable();
      const user = await newUser(client, serviceId, `+37255${String(index).padStart(6, "0")}`);
      sent += await client.auth.initiateAuth({ ...user, method: AuthMethod.SMS }).then(
        () => 1,
        () => 0,
      );
    }

    expect([sent, await totalOf(sandbox, "initiateAuth")]).toEqual([50, 50]);
  });
});
