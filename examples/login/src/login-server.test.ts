import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ErrorReason } from "@verigate/client";
import { createFakeVerigate, type FakeVerigate } from "@verigate/client/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createLoginServer } from "./login-server.ts";
import { registerService, registerUser } from "./register.ts";

interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: { readonly loginId?: string; readonly verified?: boolean; readonly message?: string };
}

async function shop() {
  const fake = createFakeVerigate();
  const serviceId = await registerService(fake.client, "coffeeshop.com", "Coffee Shop");
  const userId = await registerUser(fake.client, { serviceId, username: "anna", phoneNumber: "+4401234567" });
  const server = createLoginServer({ verigate: fake.client, serviceId }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const post = async (path: string, body: unknown): Promise<Reply> => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: text });
    const answer = (await response.json()) as Reply["body"];
    return { status: response.status, retryAfter: response.headers.get("retry-after"), body: answer };
  };
  const login = async () => (await post("/login", { username: "anna" })).body.loginId ?? expect.unreachable();
  return { fake, serviceId, userId, post, login };
}

const requestsOf = (fake: FakeVerigate, method: string) => fake.requests.filter((request) => request.method === method);

describe("a login", () => {
  it("succeeds with the PIN that arrived, once", async () => {
    const { fake, userId, post, login } = await shop();
    const answer = { loginId: await login(), pin: fake.lastPin(userId) };
    expect(await post("/login/verify", answer)).toMatchObject({ status: 200, body: { verified: true } });
    expect(await post("/login/verify", answer)).toMatchObject({ status: 404, body: { verified: false } });
  });

  it("tells how the PIN comes", async () => {
    const { fake, userId, post } = await shop();
    expect((await post("/login", { username: "anna" })).body.message).toMatch(/sent you/);
    fake.pairApp(userId);
    expect((await post("/login", { username: "anna" })).body.message).toMatch(/app/);
  });

  it("goes on after a wrong PIN", async () => {
    const { fake, userId, post, login } = await shop();
    const loginId = await login();
    expect(await post("/login/verify", { loginId, pin: "999999" })).toMatchObject({
      status: 401,
      body: { verified: false },
    });
    const right = { loginId, pin: fake.lastPin(userId) };
    expect(await post("/login/verify", right)).toMatchObject({ status: 200, body: { verified: true } });
  });

  it("starts again after the PIN expired", async () => {
    const { fake, userId, post, login } = await shop();
    const answer = { loginId: await login(), pin: fake.lastPin(userId) };
    fake.expire(userId);
    const expired = await post("/login/verify", answer);
    expect(expired).toMatchObject({
      status: 401,
      body: { verified: false, message: expect.stringMatching(/start again/) },
    });
    expect(await post("/login/verify", answer)).toMatchObject({ status: 404 });
  });

  it("waits as long as it is told to after too many guesses", async () => {
    const { fake, userId, post, login } = await shop();
    const answer = { loginId: await login(), pin: fake.lastPin(userId) };
    fake.throttle(userId, { retryAfterMs: 29_001 });
    const throttled = { status: 429, retryAfter: "30", body: { verified: false } };
    expect(await post("/login/verify", answer)).toMatchObject(throttled);
    expect(await post("/login/verify", answer)).toMatchObject({ status: 200, body: { verified: true } });
  });

  it("can be finished with the PIN that arrives where the outcome of its start is unknown", async () => {
    const { fake, userId, post } = await shop();
    fake.disconnect("InitiateAuth", { isCarriedOut: true });
    const { status, body } = await post("/login", { username: "anna" });
    expect([status, body.message]).toEqual([200, expect.stringMatching(/If a PIN reaches you/)]);
    expect(requestsOf(fake, "InitiateAuth")).toHaveLength(1);
    const answer = { loginId: body.loginId, pin: fake.lastPin(userId) };
    expect(await post("/login/verify", answer)).toMatchObject({ status: 200, body: { verified: true } });
  });

  it("starts again where the outcome of a guess is unknown, and does not guess twice", async () => {
    const { fake, userId, post, login } = await shop();
    fake.fail("VerifyPin", { reason: ErrorReason.OUTCOME_UNKNOWN });
    const answer = { loginId: await login(), pin: fake.lastPin(userId) };
    const unknown = await post("/login/verify", answer);
    expect(unknown).toMatchObject({
      status: 503,
      body: { verified: false, message: expect.stringMatching(/start again/) },
    });
    expect(await post("/login/verify", answer)).toMatchObject({ status: 404 });
    expect(requestsOf(fake, "VerifyPin")).toHaveLength(1);
  });

  it("is refused while too many PINs are sent", async () => {
    const { fake, post } = await shop();
    fake.fail("InitiateAuth", { reason: ErrorReason.SEND_COOLDOWN, retryAfterMs: 12_000 });
    expect(await post("/login", { username: "anna" })).toMatchObject({ status: 429, retryAfter: "12" });
  });

  it("tells the browser nothing of what fails inside", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    const { fake, post } = await shop();
    fake.fail("InitiateAuth", { reason: ErrorReason.UPSTREAM_CREDENTIALS_REJECTED });
    const { status, body } = await post("/login", { username: "anna" });
    expect([status, body]).toEqual([503, { message: "Please try again later." }]);
    expect(log).toHaveBeenCalledOnce();
  });

  it.each([
    ["/login", { username: "nobody" }, 404],
    ["/login", { username: "" }, 404],
    ["/login", { username: "a\nb" }, 400],
    ["/login", { username: 5 }, 400],
    ["/login", "{", 400],
    ["/login", "null", 400],
    ["/login", "x".repeat(5_000), 400],
    ["/login/verify", { loginId: "guessed", pin: "0123" }, 404],
    ["/login/verify", { pin: "0123" }, 400],
    ["/elsewhere", {}, 404],
  ])("POST %s with %j is answered %i and sends no PIN", async (path, body, status) => {
    const { fake, post } = await shop();
    expect(await post(path, body)).toMatchObject({ status });
    expect(fake.pins).toEqual([]);
  });

  it("refuses a PIN that is none", async () => {
    const { post, login } = await shop();
    expect(await post("/login/verify", { loginId: await login(), pin: "abc" })).toMatchObject({ status: 400 });
  });
});

describe("registering", () => {
  const anna = { username: "anna", phoneNumber: "+4401234567" };

  it("finds a user that exists", async () => {
    const { fake, serviceId, userId } = await shop();
    expect(await registerUser(fake.client, { serviceId, ...anna })).toBe(userId);
  });

  it("finds a user whose creation had an unknown outcome", async () => {
    const { fake, serviceId } = await shop();
    fake.fail("CreateUser", { reason: ErrorReason.OUTCOME_UNKNOWN, isCarriedOut: true });
    const bert = { serviceId, username: "bert", phoneNumber: "+4401234568" };
    const found = await registerUser(fake.client, bert);
    expect((await fake.client.users.getUser({ serviceId, userId: found })).user?.idInService).toBe("bert");
  });

  it("says so where an unknown outcome left no user", async () => {
    const { fake, serviceId } = await shop();
    fake.fail("CreateUser", { reason: ErrorReason.OUTCOME_UNKNOWN });
    const bert = { serviceId, username: "bert", phoneNumber: "+4401234568" };
    await expect(registerUser(fake.client, bert)).rejects.toThrow(/could not be registered/);
  });

  it("asks for the id of a service that exists", async () => {
    const { fake } = await shop();
    await expect(registerService(fake.client, "coffeeshop.com", "Again")).rejects.toThrow(/LOGIN_SERVICE_ID/);
  });
});
