import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  AuthMethod,
  Code,
  ErrorReason,
  fieldViolations,
  isOutcomeUnknown,
  isThrottled,
  NextStep,
  nextStepOf,
  reasonOf,
  retryAfterMs,
  VerifyFailure,
} from "../index.ts";
import { createFakeVerigate, type FakeVerigate } from "./index.ts";

async function withUser(): Promise<{ fake: FakeVerigate; serviceId: string; userId: string }> {
  const fake = createFakeVerigate();
  const { service } = await fake.client.services.createService({ fqdn: "coffeeshop.com", name: "Coffee" });
  const serviceId = service?.id ?? "";
  const created = await fake.client.users.createUser({ serviceId, phoneNumber: "+4401234567", idInService: "anna" });
  return { fake, serviceId, userId: created.user?.id ?? "" };
}

async function withPin() {
  const { fake, serviceId, userId } = await withUser();
  await fake.client.auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS });
  const verify = (pin: string, more = {}) => fake.client.auth.verifyPin({ serviceId, userId, pin, ...more });
  return { fake, serviceId, userId, verify, pin: fake.lastPin(userId) };
}

const reasonFrom = (call: Promise<unknown>) => call.then(() => undefined, reasonOf);

describe("the fake's PINs", () => {
  it("are verified once", async () => {
    const { verify, pin } = await withPin();
    expect(await verify(pin)).toMatchObject({
      verified: true,
      failure: VerifyFailure.UNSPECIFIED,
      method: AuthMethod.SMS,
    });
    expect(await verify(pin)).toMatchObject({ verified: false, failure: VerifyFailure.INVALID });
  });

  it("keep their leading zeros", async () => {
    const { verify, pin } = await withPin();
    expect(pin).toMatch(/^0\d{5}$/);
    expect(await verify(pin.replace(/^0+/, "").padEnd(4, "0"))).toMatchObject({ verified: false });
  });

  it("answer INVALID for a wrong guess, and the right one still counts after it", async () => {
    const { verify, pin } = await withPin();
    expect(await verify("999999")).toMatchObject({ verified: false, failure: VerifyFailure.INVALID });
    expect(await verify(pin)).toMatchObject({ verified: true });
  });

  it("can expire", async () => {
    const { fake, userId, verify, pin } = await withPin();
    fake.expire(userId);
    expect(await verify(pin)).toMatchObject({ verified: false, failure: VerifyFailure.EXPIRED });
  });

  it("are replaced by a newer one", async () => {
    const { fake, serviceId, userId, verify, pin } = await withPin();
    await fake.client.auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS });
    expect(await verify(pin)).toMatchObject({ failure: VerifyFailure.INVALID });
    expect(await verify(fake.lastPin(userId))).toMatchObject({ verified: true });
    expect(fake.pins).toHaveLength(2);
  });

  it("belong to an authentication: another auth_id is VERIFICATION_NOT_FOUND", async () => {
    const { verify, pin } = await withPin();
    expect(await reasonFrom(verify(pin, { authId: "other" }))).toBe(ErrorReason.VERIFICATION_NOT_FOUND);
  });

  it("are not looked at while a user is throttled", async () => {
    const { fake, userId, verify, pin } = await withPin();
    fake.throttle(userId, { times: 2, retryAfterMs: 30_000 });
    for (const guess of [await verify(pin), await verify(pin)]) {
      expect(guess.verified).toBe(false);
      expect(isThrottled(guess)).toBe(true);
      expect(retryAfterMs(guess)).toBe(30_000);
    }
    expect(await verify(pin)).toMatchObject({ verified: true });
  });

  it("fall back from TOTP to SMS for a user without an app", async () => {
    const { fake, serviceId, userId } = await withUser();
    const start = () => fake.client.auth.initiateAuth({ serviceId, userId, method: AuthMethod.TOTP });
    expect(await start()).toMatchObject({ method: AuthMethod.SMS });
    fake.pairApp(userId);
    expect(await start()).toMatchObject({ method: AuthMethod.TOTP });
  });
});

describe("the fake's directory", () => {
  it("refuses what exists already", async () => {
    const { fake, serviceId } = await withUser();
    const { services, users } = fake.client;
    expect(await reasonFrom(services.createService({ fqdn: "coffeeshop.com", name: "Again" }))).toBe(
      ErrorReason.SERVICE_EXISTS,
    );
    const again = { serviceId, phoneNumber: "+4401234568", idInService: "anna" };
    expect(await reasonFrom(users.createUser(again))).toBe(ErrorReason.USER_EXISTS);
  });

  it("refuses what does not exist", async () => {
    const { client } = createFakeVerigate();
    const nowhere = { serviceId: "none", userId: "none" };
    expect(await reasonFrom(client.services.getService(nowhere))).toBe(ErrorReason.SERVICE_NOT_FOUND);
    expect(await reasonFrom(client.users.listUsers(nowhere))).toBe(ErrorReason.SERVICE_NOT_FOUND);
    expect(await reasonFrom(client.users.getUser(nowhere))).toBe(ErrorReason.USER_NOT_FOUND);
    expect(await reasonFrom(client.auth.verifyPin({ ...nowhere, pin: "0123" }))).toBe(ErrorReason.USER_NOT_FOUND);
  });

  it("deletes a service only when its users are gone", async () => {
    const { fake, serviceId, userId } = await withUser();
    const { services, users } = fake.client;
    expect(await reasonFrom(services.deleteService({ serviceId }))).toBe(ErrorReason.SERVICE_NOT_EMPTY);
    await users.deleteUser({ serviceId, userId });
    await services.deleteService({ serviceId });
    expect(await reasonFrom(services.getService({ serviceId }))).toBe(ErrorReason.SERVICE_NOT_FOUND);
  });

  it("lists users in pages, and by id_in_service", async () => {
    const { fake, serviceId, userId } = await withUser();
    const { users } = fake.client;
    await users.createUser({ serviceId, phoneNumber: "+4401234568", idInService: "bert" });
    const first = await users.listUsers({ serviceId, pageSize: 1 });
    const second = await users.listUsers({ serviceId, pageSize: 1, pageToken: first.nextPageToken });
    expect([...first.users, ...second.users].map((user) => user.idInService)).toEqual(["anna", "bert"]);
    expect(second.nextPageToken).toBe("");
    const found = await users.listUsers({ serviceId, idInService: "anna" });
    expect(found.users.map((user) => user.id)).toEqual([userId]);
    const stray = users.listUsers({ serviceId, idInService: "anna", pageToken: first.nextPageToken });
    expect(await reasonFrom(stray)).toBe(ErrorReason.INVALID_REQUEST);
  });
});

describe("the fake's errors", () => {
  it("name the fields that break the contract's rules", async () => {
    const { client, requests } = createFakeVerigate();
    const error = await client.users
      .createUser({ serviceId: "", phoneNumber: "0123", idInService: "anna" })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: Code.InvalidArgument });
    expect(reasonOf(error)).toBe(ErrorReason.INVALID_REQUEST);
    expect(fieldViolations(error).map(({ field }) => field)).toEqual(["service_id", "phone_number"]);
    expect(requests).toMatchObject([{ method: "CreateUser", message: { phoneNumber: "0123" } }]);
  });

  it("come as often and in the order in which they were asked for", async () => {
    const { fake, verify, pin } = await withPin();
    fake.fail("VerifyPin", { reason: ErrorReason.UPSTREAM_CIRCUIT_OPEN, times: 2, retryAfterMs: 5_000 });
    fake.fail("VerifyPin", { reason: ErrorReason.GATEWAY_BUG });
    const reasons = [await reasonFrom(verify(pin)), await reasonFrom(verify(pin)), await reasonFrom(verify(pin))];
    const { UPSTREAM_CIRCUIT_OPEN, GATEWAY_BUG } = ErrorReason;
    expect(reasons).toEqual([UPSTREAM_CIRCUIT_OPEN, UPSTREAM_CIRCUIT_OPEN, GATEWAY_BUG]);
    expect(await verify(pin)).toMatchObject({ verified: true });
  });

  it("carry the code, the next step and the time to wait", async () => {
    const { fake, verify, pin } = await withPin();
    fake.fail("VerifyPin", { reason: ErrorReason.UPSTREAM_RATE_LIMITED, retryAfterMs: 1_500 });
    const error = await verify(pin).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: Code.ResourceExhausted });
    expect(nextStepOf(error)).toBe(NextStep.WAIT);
    expect(retryAfterMs(error)).toBe(1_500);
  });

  it("can follow a call that was carried out", async () => {
    const { fake, serviceId, userId } = await withUser();
    fake.fail("InitiateAuth", { reason: ErrorReason.OUTCOME_UNKNOWN, isCarriedOut: true });
    const start = fake.client.auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS });
    expect(isOutcomeUnknown(await start.catch((reason: unknown) => reason))).toBe(true);
    expect(fake.pins).toHaveLength(1);
  });
});

describe("the fake's end_user", () => {
  const endUser = { ip: "192.0.2.1", session: "a" };

  it("is taken and remembered", async () => {
    const { fake, verify, pin } = await withPin();
    expect(await verify(pin, { endUser })).toMatchObject({ verified: true });
    expect(fake.requests.at(-1)).toMatchObject({ method: "VerifyPin", message: { endUser } });
  });

  it("is refused by name where it is none", async () => {
    const { verify, pin } = await withPin();
    const error = await verify(pin, { endUser: { ip: "here" } }).catch((reason: unknown) => reason);
    expect(fieldViolations(error).map(({ field }) => field)).toEqual(["end_user.ip"]);
  });

  it("is part of what a request_id stands for", async () => {
    const { verify } = await withPin();
    const requestId = randomUUID();
    await verify("999999", { requestId, endUser });
    expect(await reasonFrom(verify("999999", { requestId }))).toBe(ErrorReason.REQUEST_ID_REUSED);
  });
});

describe("the fake's request_id", () => {
  it("replays the recorded answer and does nothing again", async () => {
    const { fake, serviceId, userId } = await withUser();
    const request = { serviceId, userId, method: AuthMethod.SMS, requestId: randomUUID() };
    const first = await fake.client.auth.initiateAuth(request);
    const second = await fake.client.auth.initiateAuth(request);
    expect(first.replayed).toBe(false);
    expect(second).toEqual({ ...first, replayed: true });
    expect(fake.pins).toHaveLength(1);
  });

  it("counts once where two calls with it run at a time", async () => {
    const { fake, serviceId, userId } = await withUser();
    const request = { serviceId, userId, method: AuthMethod.SMS, requestId: randomUUID() };
    const both = await Promise.all([fake.client.auth.initiateAuth(request), fake.client.auth.initiateAuth(request)]);
    expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
    expect(fake.pins).toHaveLength(1);
  });

  it("recovers an answer that was lost on the way", async () => {
    const { fake, verify, pin } = await withPin();
    const requestId = randomUUID();
    fake.disconnect("VerifyPin", { isCarriedOut: true });
    const lost = await verify(pin, { requestId }).catch((reason: unknown) => reason);
    expect(isOutcomeUnknown(lost)).toBe(true);
    expect(await verify(pin, { requestId })).toMatchObject({ verified: true, replayed: true });
  });

  it("is refused with another payload", async () => {
    const { verify, pin } = await withPin();
    const requestId = randomUUID();
    await verify("999999", { requestId });
    expect(await reasonFrom(verify(pin, { requestId }))).toBe(ErrorReason.REQUEST_ID_REUSED);
  });

  it("replays OUTCOME_UNKNOWN, and carries out a call that was refused with nothing sent", async () => {
    const { fake, verify, pin } = await withPin();
    const [unknown, unsent] = [randomUUID(), randomUUID()];
    fake.fail("VerifyPin", { reason: ErrorReason.OUTCOME_UNKNOWN });
    fake.fail("VerifyPin", { reason: ErrorReason.OVERLOADED });
    expect(await reasonFrom(verify(pin, { requestId: unknown }))).toBe(ErrorReason.OUTCOME_UNKNOWN);
    expect(await reasonFrom(verify(pin, { requestId: unsent }))).toBe(ErrorReason.OVERLOADED);
    expect(await reasonFrom(verify(pin, { requestId: unknown }))).toBe(ErrorReason.OUTCOME_UNKNOWN);
    expect(await verify(pin, { requestId: unsent })).toMatchObject({ verified: true, replayed: false });
  });

  it("does not hold on to a guess that was throttled", async () => {
    const { fake, userId, verify, pin } = await withPin();
    const requestId = randomUUID();
    fake.throttle(userId);
    expect(isThrottled(await verify(pin, { requestId }))).toBe(true);
    expect(await verify(pin, { requestId })).toMatchObject({ verified: true, replayed: false });
  });
});
