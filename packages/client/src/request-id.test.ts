import { create } from "@bufbuild/protobuf";
import { AuthMethod, CreateServiceRequestSchema } from "@verigate/contract";
import { describe, expect, it } from "vitest";
import type { VerigateClient } from "./index.ts";
import { createFakeVerigate } from "./testing/index.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const [serviceId, userId] = ["service-1", "user-1"];

type Given = { requestId?: string };
const mutating: [string, (client: VerigateClient, given: Given) => Promise<unknown>][] = [
  ["CreateService", (to, given) => to.services.createService({ fqdn: "coffeeshop.com", name: "Coffee", ...given })],
  ["DeleteService", (to, given) => to.services.deleteService({ serviceId, ...given })],
  [
    "CreateUser",
    (to, given) => to.users.createUser({ serviceId, phoneNumber: "+4401234567", idInService: "a", ...given }),
  ],
  ["DeleteUser", (to, given) => to.users.deleteUser({ serviceId, userId, ...given })],
  ["InitiateAuth", (to, given) => to.auth.initiateAuth({ serviceId, userId, method: AuthMethod.SMS, ...given })],
  ["VerifyPin", (to, given) => to.auth.verifyPin({ serviceId, userId, pin: "0123", ...given })],
];

describe("a request_id", () => {
  it.each(mutating)("is filled in for %s, a new one for each call", async (method, call) => {
    const { client, requests } = createFakeVerigate();
    await Promise.allSettled([call(client, {}), call(client, {}), call(client, { requestId: "" })]);
    const ids = requests.map(({ message }) => (message as Given).requestId);
    expect(requests.map((request) => request.method)).toEqual([method, method, method]);
    for (const id of ids) expect(id).toMatch(uuid);
    expect(new Set(ids).size).toBe(3);
  });

  it.each(mutating)("is kept for %s where the caller gave one", async (_method, call) => {
    const { client, requests } = createFakeVerigate();
    const requestId = "8f14e45f-ceea-467f-a8c1-0d0f5a3c6b1e";
    await Promise.allSettled([call(client, { requestId })]);
    expect(requests.map(({ message }) => (message as Given).requestId)).toEqual([requestId]);
  });

  it("does not change the caller's message", async () => {
    const { client, requests } = createFakeVerigate();
    const message = create(CreateServiceRequestSchema, { fqdn: "coffeeshop.com", name: "Coffee" });
    await client.services.createService(message);
    expect(message.requestId).toBe("");
    expect(requests).toHaveLength(1);
  });
});
