import { expect, it } from "vitest";
import { startSandbox } from "../sandbox-under-test.ts";

it("a created user is answered with 201, without its phone number, and read back the same by both spellings", async () => {
  const { api, addService } = await startSandbox();
  const service = await addService();
  const user = { phone_number: "+4401234567", id_in_service: "ada@example.com" };
  const created = await api("POST", `${service}/users`, user);
  expect(created.status).toBe(201);
  expect(created.json).toEqual({ id: expect.any(String), ctime: expect.any(String), id_in_service: "ada@example.com" });

  for (const spelling of ["users", "user"]) {
    const read = await api("GET", `${service}/${spelling}/${created.json.id}`);
    expect([spelling, read.status, read.json]).toEqual([spelling, 200, created.json]);
  }
});

it("every call on one user takes the singular spelling too", async () => {
  const { api, addUser, sendPin } = await startSandbox();
  const singular = (await addUser()).replace("/users/", "/user/");
  const pin = await sendPin(singular);
  expect((await api("PUT", `${singular}/auth`, { token: pin })).json.verified).toBe(true);
  expect((await api("DELETE", singular)).status).toBe(202);
  expect((await api("GET", singular)).status).toBe(404);
});

it("a service has one user per id_in_service, and the id is free again once its user was deleted", async () => {
  const { api, addUser } = await startSandbox();
  const path = await addUser();
  const users = path.replace(/\/[^/]*$/, "");
  const twin = { phone_number: "+3725550199", id_in_service: "ada@example.com" };
  expect((await api("POST", users, twin)).status).toBe(409);
  await api("DELETE", path);
  expect((await api("POST", users, twin)).status).toBe(201);
});

it("percent-encoded ids are decoded, and an encoded slash is no separator", async () => {
  const { api, addUser } = await startSandbox();
  const path = await addUser();
  const encoded = path.replace(/[^/]*$/, (id) => id.replaceAll("-", "%2D"));
  expect((await api("GET", encoded)).status).toBe(200);
  const slash = await api("GET", path.replace(/[^/]*$/, "a%2Fauth"));
  expect([slash.status, slash.json.message]).toEqual([404, "User was not found"]);
  expect((await api("GET", path.replace(/[^/]*$/, "%zz"))).status).toBe(404);
});

it("the list holds all users and their number", async () => {
  const { api, addUser } = await startSandbox();
  const path = await addUser();
  const list = await api("GET", path.replace(/\/[^/]*$/, ""));
  expect([list.status, list.json]).toEqual([200, { users: [(await api("GET", path)).json], total: 1 }]);
});

it("a service of 100,000 users is listed whole, and the 200,001st user is refused", { timeout: 60_000 }, async () => {
  const { api, control, addService } = await startSandbox();
  const service = await addService();
  const service_id = service.replace(/.*\//, "");
  expect((await control("POST", "users", { service_id, count: 100_000 })).json).toEqual({ total: 100_000 });
  const list = await api("GET", `${service}/users`);
  expect(new Set(list.json.users.map(({ id }: { id: string }) => id)).size).toBe(100_000);
  expect(list.json.total).toBe(100_000);

  await control("POST", "users", { service_id, count: 100_000 });
  const oneMore = await control("POST", "users", { service_id, count: 1 });
  expect([oneMore.status, oneMore.json.error.message]).toEqual([409, expect.stringContaining("200000 users")]);
  const user = { phone_number: "+3725550100", id_in_service: "one-more" };
  const refused = await api("POST", `${service}/users`, user);
  expect([refused.status, refused.json.message]).toEqual([507, expect.stringContaining("200000 users")]);
});
