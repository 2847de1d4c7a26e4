import { expect, it } from "vitest";
import { startSandbox } from "../sandbox-under-test.ts";

const services = "/v1/service/service";
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

it("a created service is answered with 201, read back the same, and gone once it was deleted with 202", async () => {
  const { api } = await startSandbox();
  const created = await api("POST", services, { fqdn: "coffeeshop.example", name: "Coffee" });
  expect(created.status).toBe(201);
  expect(created.json).toEqual({ id: expect.any(String), name: "Coffee", ctime: expect.stringMatching(rfc3339) });

  const read = await api("GET", `${services}/${created.json.id}`);
  expect([read.status, read.json]).toEqual([200, created.json]);

  const deleted = await api("DELETE", `${services}/${created.json.id}`);
  expect([deleted.status, deleted.text]).toEqual([202, ""]);
  expect((await api("GET", `${services}/${created.json.id}`)).status).toBe(404);
});

it("an account has one service per fqdn, whatever its letters' case", async () => {
  const { api } = await startSandbox();
  await api("POST", services, { fqdn: "coffeeshop.example", name: "Coffee" });
  const twin = await api("POST", services, { fqdn: "CoffeeShop.example", name: "Tea" });
  expect([twin.status, twin.json]).toEqual([409, { message: expect.any(String) }]);
});

it("a service with users can't be deleted before they are", async () => {
  const { api, addUser } = await startSandbox();
  const user = await addUser();
  const service = user.replace(/\/users\/.*/, "");
  expect((await api("DELETE", service)).status).toBe(409);
  expect((await api("DELETE", user)).status).toBe(202);
  expect((await api("DELETE", service)).status).toBe(202);
});

it("another account may use the same fqdn, and gets 403 for what is not its own", async () => {
  const accounts = ["sandbox", "other"].map((name) => ({ username: name, password: name }));
  const { api, addUser } = await startSandbox({ accounts });
  const user = await addUser();
  const service = user.replace(/\/users\/.*/, "");
  const other = { "x-service-auth": "other:other" };

  expect((await api("POST", services, { fqdn: "coffeeshop.example", name: "Coffee" }, other)).status).toBe(201);
  for (const [method, path, body] of [
    ["GET", service],
    ["DELETE", service],
    ["POST", `${service}/users`, { phone_number: "+3725550101", id_in_service: "b" }],
    ["GET", `${service}/users`],
    ["GET", user],
    ["DELETE", user],
    ["POST", `${user}/auth`, { method: "sms" }],
    ["PUT", `${user}/auth`, { token: "123456" }],
  ] as const) {
    expect([method, path, (await api(method, path, body, other)).status]).toEqual([method, path, 403]);
  }
});

it("holds 1,000 services, and says so to whoever creates one more", { timeout: 60_000 }, async () => {
  const { api } = await startSandbox();
  for (let index = 0; index < 1_000; index += 1) {
    await api("POST", services, { fqdn: `shop-${index}.example`, name: "Shop" });
  }
  const last = await api("POST", services, { fqdn: "one-more.example", name: "Shop" });
  expect([last.status, last.json.message]).toEqual([507, expect.stringContaining("1000 services")]);
});
