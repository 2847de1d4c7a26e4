import { expect, it } from "vitest";
import { rawExchange, startSandbox } from "../sandbox-under-test.ts";

it("the outbox is compact JSON, newest first, and can be asked for one phone number", async () => {
  const { api, control, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  const users = user.replace(/\/[^/]*$/, "");
  const other = await api("POST", users, { phone_number: "+3725550101", id_in_service: "bob" });
  const [first, second] = [await sendPin(user), await sendPin(`${users}/${other.json.id}`)];

  const { text, json, headers } = await control("GET", "messages");
  expect(headers.get("content-type")).toBe("application/json");
  expect(text).toBe(JSON.stringify(json));
  expect(text).toMatch(/^\{"messages":\[\{"to":"\+3725550101","text":"[^"]*","pin":"\d{6}","time":"[^"]*Z"\},/);
  expect(json.messages).toEqual([
    { to: "+3725550101", text: `Coffee: your PIN is ${second}`, pin: second, time: expect.any(String) },
    { to: "+3725550100", text: `Coffee: your PIN is ${first}`, pin: first, time: expect.any(String) },
  ]);

  for (const to of ["%2B3725550100", "+3725550100"]) {
    const { messages } = (await control("GET", `messages?to=${to}`)).json;
    expect([to, messages.length, messages[0].pin]).toEqual([to, 1, first]);
  }
  expect((await control("GET", "messages?to=%2B1")).text).toBe('{"messages":[]}');
});

it("a paired device has a base32 secret and an otpauth URI", async () => {
  const { control } = await startSandbox();
  const { status, json } = await control("POST", "devices", { phone_number: "+3725550100" });
  expect([status, json]).toEqual([
    201,
    { secret: expect.stringMatching(/^[A-Z2-7]{32}$/), otpauth_uri: expect.any(String) },
  ]);
  expect(json.otpauth_uri).toContain(`secret=${json.secret}`);
});

it("the clock moves by what it is told, and what is made next carries the new time", async () => {
  const { api, control, addService } = await startSandbox();
  const before = (await api("GET", await addService("a.example"))).json.ctime;
  const { now } = (await control("POST", "clock", { advance_seconds: 3_600 })).json;
  const after = (await api("GET", await addService("b.example"))).json.ctime;
  expect([now, Date.parse(after) - Date.parse(before)]).toEqual([after, 3_600_000]);
});

it("the clock goes neither backwards nor beyond 100 years", async () => {
  const { control } = await startSandbox();
  for (const advance_seconds of [-1, 4_000_000_000, "1"]) {
    const { status, json } = await control("POST", "clock", { advance_seconds });
    expect([status, json.error.field]).toEqual([422, "advance_seconds"]);
  }
});

it("options switch at run time, and what is not named stays", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "options", { auth_id: true });
  const { status, json } = await control("POST", "options", { create_status: 200 });
  expect([status, json]).toEqual([200, { create_status: 200, auth_id: true, requests_per_second: 0 }]);
  expect((await api("POST", "/v1/service/service", { fqdn: "a.example", name: "A" })).status).toBe(200);
});

it("the log masks credentials, tokens and phone numbers, and shows no field it does not know", async () => {
  const { api, control, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  const pin = await sendPin(user);
  await api("PUT", `${user}/auth?token=${pin}`, { token: pin, method: "sms", pin });
  await api("PUT", `${user}/auth`, { token: Number(pin) }, { "x-service-auth": "mallory:guess" });
  await api("GET", user, undefined, {});

  const { text, json } = await control("GET", "requests");
  expect(json.requests.slice(0, 3)).toMatchObject([
    { call: "getUser", path: user, credentials: null, body: null, status: 401 },
    { call: "verifyPin", credentials: "***:***", body: { token: "***" }, status: 401 },
    {
      call: "verifyPin",
      method: "PUT",
      path: `${user}/auth`,
      credentials: "sandbox:***",
      body: { token: "***", method: "sms", pin: "***" },
      status: 200,
    },
  ]);
  expect(json.requests.at(-2).body).toEqual({ phone_number: "+372***00", id_in_service: "ada@example.com" });
  for (const secret of [pin, "mallory", "guess", "sandbox:sandbox", "+3725550100"]) expect(text).not.toContain(secret);
  expect(json.totals).toMatchObject({ createUser: 1, initiateAuth: 1, verifyPin: 2, getUser: 1, deleteUser: 0 });
});

it("the log keeps the newest 1,000 requests and counts them all", { timeout: 60_000 }, async () => {
  const { api, control } = await startSandbox();
  for (let index = 0; index < 1_001; index += 1) await api("GET", `/v1/service/service/${index}`);
  const { requests, totals } = (await control("GET", "requests")).json;
  expect([requests.length, requests[0].path, totals.getService]).toEqual([1_000, "/v1/service/service/1000", 1_001]);
});

it("deleting the state forgets everything", async () => {
  const { api, control, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  await sendPin(user);
  await control("POST", "devices", { phone_number: "+3725550100" });
  await control("POST", "faults", { call: "any", status: 500 });
  await control("POST", "options", { create_status: 200, auth_id: true, requests_per_second: 1 });
  const { now } = (await control("POST", "clock", { advance_seconds: 60 })).json;
  expect((await control("DELETE", "state")).status).toBe(200);

  expect((await control("GET", "messages")).json).toEqual({ messages: [] });
  expect((await control("GET", "faults")).json).toEqual({ faults: [] });
  const { requests, totals } = (await control("GET", "requests")).json;
  expect([requests, new Set(Object.values(totals))]).toEqual([[], new Set([0])]);
  const options = { create_status: 201, auth_id: false, requests_per_second: 0 };
  expect((await control("POST", "options", {})).json).toEqual(options);
  expect(Date.parse(now) - Date.parse((await control("POST", "clock", { advance_seconds: 0 })).json.now)).toBe(60_000);
  expect((await api("GET", user)).status).toBe(404);
  const again = await addUser();
  expect((await api("POST", `${again}/auth`, { method: "totp" })).json).toEqual({ method: "sms" });
});

it.each([
  ["POST", "devices", { phone_number: "5550100" }, 422, "phone_number"],
  ["POST", "devices", { phone: "+3725550100" }, 422, "phone_number"],
  ["POST", "users", { service_id: "none", count: 1 }, 404, undefined],
  ["POST", "users", { service_id: "none", count: 200_001 }, 422, "count"],
  ["POST", "options", { create_status: 202 }, 422, "create_status"],
  ["POST", "options", { createStatus: 200 }, 422, undefined],
  ["POST", "clock", "{", 422, undefined],
  ["POST", "clock", " ".repeat(64 * 1024 + 1), 413, undefined],
  ["POST", "messages", {}, 405, undefined],
  ["GET", "state", undefined, 405, undefined],
  ["GET", "nothing", undefined, 404, undefined],
])("%s %s with %j is a %i in the control API's own shape", async (method, path, body, status, field) => {
  const { control } = await startSandbox();
  const refused = await control(method, path, body);
  expect(refused.status).toBe(status);
  expect(refused.json.error).toEqual({ ...(field && { field }), message: expect.any(String) });
});

it("a request of another origin is refused, one of the page itself is not", async () => {
  const { url, control } = await startSandbox();
  for (const origin of ["https://evil.example", "null", "http://localhost:3000", url.replace("http", "https")]) {
    expect([origin, (await control("GET", "messages", undefined, { origin })).status]).toEqual([origin, 403]);
    expect([origin, (await control("DELETE", "state", undefined, { origin })).status]).toEqual([origin, 403]);
  }
  expect((await control("GET", "messages", undefined, { origin: url })).status).toBe(200);
});

it("a POST of a type that a page may send without asking is refused", async () => {
  const { url, control } = await startSandbox();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"]) {
    const refused = await control("POST", "clock", { advance_seconds: 60 }, { "content-type": type });
    expect([type, refused.status]).toEqual([type, 415]);
  }
  const head = `POST /sandbox/v1/clock HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
  expect(await rawExchange(url, `${head}Content-Length: 2\r\n\r\n{}`)).toContain(" 415 ");
  const type = { "content-type": "Application/JSON; charset=utf-8" };
  expect((await control("POST", "clock", { advance_seconds: 60 }, type)).status).toBe(200);
});
