import { describe, expect, it } from "vitest";
import { startSandbox } from "../sandbox-under-test.ts";

const services = "/v1/service/service";
const calls = [
  ["createService", "POST", services],
  ["getService", "GET", `${services}/none`],
  ["deleteService", "DELETE", `${services}/none`],
  ["createUser", "POST", `${services}/none/users`],
  ["listUsers", "GET", `${services}/none/users`],
  ["getUser", "GET", `${services}/none/users/none`],
  ["deleteUser", "DELETE", `${services}/none/users/none`],
  ["initiateAuth", "POST", `${services}/none/users/none/auth`],
  ["verifyPin", "PUT", `${services}/none/users/none/auth`],
] as const;

describe.each(calls)("%s", (call, method, path) => {
  it.each([
    ["without credentials", {}],
    ["with a wrong password", { "x-service-auth": "sandbox:wrong" }],
    ["with a username only", { "x-service-auth": "sandbox" }],
    ["with Basic credentials", { authorization: `Basic ${btoa("sandbox:sandbox")}` }],
  ])("is a 401 %s", async (_, headers) => {
    const { api } = await startSandbox();
    const reply = await api(method, path, undefined, headers as Record<string, string>);
    expect([reply.status, reply.json]).toEqual([401, { message: "Authentication required" }]);
  });

  it("is a 429 above the rate that was switched on, until the second is over", async () => {
    const { api, control } = await startSandbox({ switches: { requestsPerSecond: 2 } });
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await api(method, path)).status);
    expect(statuses.map((status) => status === 429)).toEqual([false, false, true]);
    await control("POST", "clock", { advance_seconds: 1 });
    expect((await api(method, path)).status).not.toBe(429);
  });

  it("is named so in the log of requests, and counted", async () => {
    const { api, control } = await startSandbox();
    await api(method, path);
    const { requests, totals } = (await control("GET", "requests")).json;
    expect(requests[0]).toMatchObject({ call, method, path });
    expect(totals[call]).toBe(1);
  });
});

it.each(calls.slice(1))("%s is a 404 for a service that does not exist", async (_, method, path) => {
  const { api } = await startSandbox();
  const reply = await api(method, path);
  expect([reply.status, reply.json]).toEqual([404, { message: "Service was not found" }]);
});

it.each(calls.slice(5))("%s is a 404 for a user that does not exist", async (_, method, path) => {
  const { api, addService } = await startSandbox();
  const reply = await api(method, path.replace(`${services}/none`, await addService()));
  expect([reply.status, reply.json]).toEqual([404, { message: "User was not found" }]);
});

const bad: [string, string, unknown, string][] = [
  ["POST", services, "{", "the body is not correctly JSON encoded"],
  ["POST", services, "", "the body is not correctly JSON encoded"],
  ["POST", services, "[]", "expected object"],
  ["POST", services, { name: "Coffee" }, "fqdn"],
  ["POST", services, { fqdn: 1, name: "Coffee" }, "fqdn"],
  ["POST", services, { fqdn: "not a host", name: "Coffee" }, "fqdn"],
  ["POST", services, { fqdn: "coffeeshop.example" }, "name"],
  ["POST", services, { fqdn: "coffeeshop.example", name: "a\nb" }, "name"],
  ["POST", "SERVICE/users", { phone_number: "5550100", id_in_service: "a" }, "phone_number"],
  ["POST", "SERVICE/users", { phone_number: 3725550100, id_in_service: "a" }, "phone_number"],
  ["POST", "SERVICE/users", { phone_number: "+3725550100", id_in_service: "" }, "id_in_service"],
  ["POST", "SERVICE/users", { phone_number: "+3725550100", id_in_service: "a".repeat(257) }, "id_in_service"],
  ["POST", "USER/auth", { method: "voice" }, "method"],
  ["POST", "USER/auth", {}, "method"],
  ["PUT", "USER/auth", {}, "token"],
  ["PUT", "USER/auth", { token: 123456 }, "token"],
  ["PUT", "USER/auth", { token: "123456", method: "voice" }, "method"],
  ["PUT", "USER/auth", { token: "123456", auth_id: 7 }, "auth_id"],
];

it.each(bad)("%s %s with %j is a 422 that tells what is wrong", async (method, path, body, message) => {
  const { api, addUser } = await startSandbox();
  const user = await addUser();
  const target = path.replace("USER", user).replace("SERVICE", user.replace(/\/users\/.*/, ""));
  const reply = await api(method, target, body);
  expect([reply.status, reply.json]).toEqual([422, { message: expect.stringContaining(message) }]);
});

it("a body that is not UTF-8 is a 422", async () => {
  const { url } = await startSandbox();
  const body = Buffer.from('{"fqdn":"coffeeshop.example","name":"caf\xe9"}', "latin1");
  const headers = { "x-service-auth": "sandbox:sandbox" };
  expect((await fetch(url + services, { method: "POST", headers, body })).status).toBe(422);
});

it("a body of 64 KiB is read, one byte more is a 413", async () => {
  const { api } = await startSandbox();
  const filled = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
  expect((await api("POST", services, filled(64 * 1024))).status).toBe(422);
  expect((await api("POST", services, filled(64 * 1024 + 1))).status).toBe(413);
});

it.each([
  ["GET", "/v1/service"],
  ["PATCH", services],
  ["GET", `${services}/a/users/b/c`],
  ["GET", `${services}/`],
  ["GET", "/v1/service/services/a"],
])("%s %s is a 404: there is no such call", async (method, path) => {
  const { api, control } = await startSandbox();
  const reply = await api(method, path);
  expect([reply.status, reply.json]).toEqual([404, { message: "There is no such call" }]);
  expect((await control("GET", "requests")).json).toMatchObject({ requests: [{ call: null }], totals: { unknown: 1 } });
});

it("the creating calls answer 200 where the Java SDK's way was switched on", async () => {
  const { api, addUser } = await startSandbox({ switches: { createStatus: 200 } });
  const user = await addUser();
  const service = user.replace(/\/users\/.*/, "");
  expect((await api("POST", services, { fqdn: "tea.example", name: "Tea" })).status).toBe(200);
  const other = { phone_number: "+3725550101", id_in_service: "bob" };
  expect((await api("POST", `${service}/users`, other)).status).toBe(200);
  expect((await api("POST", `${user}/auth`, { method: "sms" })).status).toBe(200);
});
