import { Code, ConnectError } from "@connectrpc/connect";
import { AuthMethod, ErrorInfoSchema } from "@verigate/contract";
import { describe, expect, it } from "vitest";
import { ErrorReason, isOutcomeUnknown, type VerigateClient } from "./index.ts";
import { gatewayError } from "./testing/gateway-error.ts";
import { createFakeVerigate, type FakeMethod } from "./testing/index.ts";

const [serviceId, userId] = ["service-1", "user-1"];

const calls: Record<FakeMethod, (client: VerigateClient) => Promise<unknown>> = {
  CreateService: (to) => to.services.createService({ fqdn: "coffeeshop.com", name: "Coffee" }),
  GetService: (to) => to.services.getService({ serviceId }),
  DeleteService: (to) => to.services.deleteService({ serviceId }),
  CreateUser: (to) => to.users.createUser({ serviceId, phoneNumber: "+4401234567", idInService: "a" }),
  GetUser: (to) => to.users.getUser({ serviceId, userId }),
  ListUsers: (to) => to.users.listUsers({ serviceId }),
  DeleteUser: (to) => to.users.deleteUser({ serviceId, userId }),
  InitiateAuth: (to) => to.auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS }),
  VerifyPin: (to) => to.auth.verifyPin({ serviceId, userId, pin: "0123" }),
};

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call should have failed"),
    (error: unknown) => error,
  );

describe("an outcome is", () => {
  it.each(["CreateService", "CreateUser", "InitiateAuth", "VerifyPin"] as const)(
    "unknown for an error of %s without our ErrorInfo",
    async (method) => {
      const fake = createFakeVerigate();
      fake.disconnect(method);
      expect(isOutcomeUnknown(await errorOf(calls[method](fake.client)))).toBe(true);
    },
  );

  it.each(["GetService", "DeleteService", "GetUser", "ListUsers", "DeleteUser"] as const)(
    "never unknown for %s, which is safe to repeat",
    async (method) => {
      const fake = createFakeVerigate();
      fake.disconnect(method);
      expect(isOutcomeUnknown(await errorOf(calls[method](fake.client)))).toBe(false);
    },
  );

  it.each([Code.Unknown, Code.DeadlineExceeded])("unknown for OUTCOME_UNKNOWN with code %s", async (code) => {
    const fake = createFakeVerigate();
    fake.fail("VerifyPin", { reason: ErrorReason.OUTCOME_UNKNOWN, code });
    expect(isOutcomeUnknown(await errorOf(calls.VerifyPin(fake.client)))).toBe(true);
  });

  it("known for every other reason of the gateway's", async () => {
    const fake = createFakeVerigate();
    fake.fail("VerifyPin", { reason: ErrorReason.UPSTREAM_CIRCUIT_OPEN });
    expect(isOutcomeUnknown(await errorOf(calls.VerifyPin(fake.client)))).toBe(false);
  });

  it("unknown after a cancellation or a deadline during the call", async () => {
    const { client } = createFakeVerigate();
    const controller = new AbortController();
    const cancelled = client.auth.initiateAuth(
      { serviceId, userId, method: AuthMethod.SMS },
      { signal: controller.signal },
    );
    controller.abort();
    expect(isOutcomeUnknown(await errorOf(cancelled))).toBe(true);
  });

  it("known for a call that was cancelled before it began", async () => {
    const { client, requests } = createFakeVerigate();
    const cancelled = client.auth.initiateAuth(
      { serviceId, userId, method: AuthMethod.SMS },
      { signal: AbortSignal.abort() },
    );
    const error = await errorOf(cancelled);
    expect(error).toMatchObject({ code: Code.Canceled });
    expect(isOutcomeUnknown(error)).toBe(false);
    expect(requests).toEqual([]);
  });

  it("unknown for a ConnectError of somebody else's without our ErrorInfo, known with it", () => {
    expect(isOutcomeUnknown(new ConnectError("lost", Code.Unavailable))).toBe(true);
    const foreign = { domain: "proxy.example", reason: "UPSTREAM_CIRCUIT_OPEN" };
    const proxied = new ConnectError("no", Code.Unavailable, undefined, [{ desc: ErrorInfoSchema, value: foreign }]);
    expect(isOutcomeUnknown(proxied)).toBe(true);
    expect(isOutcomeUnknown(gatewayError(ErrorReason.SEND_COOLDOWN))).toBe(false);
  });

  it("known for what is no error of a call", () => {
    expect(isOutcomeUnknown(new TypeError("a mistake"))).toBe(false);
    expect(isOutcomeUnknown(undefined)).toBe(false);
  });

  it("decided for each call, also where one error object ended several", async () => {
    const { client } = createFakeVerigate();
    const reason = new ConnectError("leaving", Code.Canceled);
    const controller = new AbortController();
    const { signal } = controller;
    const safe = client.users.listUsers({ serviceId }, { signal });
    const mutating = client.auth.verifyPin({ serviceId, userId, pin: "0123" }, { signal });
    controller.abort(reason);
    const [safeError, mutatingError] = await Promise.all([errorOf(safe), errorOf(mutating)]);
    expect([safeError, mutatingError]).toEqual([reason, reason]);
    expect(isOutcomeUnknown(safeError)).toBe(false);
    expect(isOutcomeUnknown(mutatingError)).toBe(true);
  });
});
