import { Secret, TOTP } from "otpauth";
import { expect, it } from "vitest";
import { type SandboxUnderTest, startSandbox } from "../sandbox-under-test.ts";

const invalid = { throttled: false, expired: false, invalid: true, result: "INVALID" };
const expired = { throttled: false, expired: true, invalid: false, result: "EXPIRED" };
const throttled = { throttled: true, expired: false, invalid: false, result: "THROTTLED" };

function wrongPin(pin: string): string {
  return pin === "000000" ? "000001" : "000000";
}

async function pairDevice({ control }: SandboxUnderTest, phoneNumber: string) {
  const { json } = await control("POST", "devices", { phone_number: phoneNumber });
  const totp = new TOTP({ secret: Secret.fromBase32(json.secret) });
  return async (secondsAgo = 0): Promise<string> => {
    const { json } = await control("POST", "clock", { advance_seconds: 0 });
    return totp.generate({ timestamp: Date.parse(json.now) - secondsAgo * 1_000 });
  };
}

it("a sent PIN verifies once", async () => {
  const { api, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  const pin = await sendPin(user);
  expect(pin).toMatch(/^\d{6}$/);
  const first = await api("PUT", `${user}/auth`, { token: pin });
  expect([first.status, first.json]).toEqual([200, { verified: true, method: "sms" }]);
  const second = await api("PUT", `${user}/auth`, { token: pin });
  expect([second.status, second.json]).toEqual([200, { verified: false, method: "sms", status: invalid }]);
});

it("a wrong PIN is a 200 that says INVALID, and leaves the right one usable", async () => {
  const { api, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  const pin = await sendPin(user);
  const wrong = await api("PUT", `${user}/auth`, { token: wrongPin(pin), method: "sms" });
  expect([wrong.status, wrong.json]).toEqual([200, { verified: false, method: "sms", status: invalid }]);
  expect((await api("PUT", `${user}/auth`, { token: pin })).json.verified).toBe(true);
});

it("a guess without a started authentication is a wrong one", async () => {
  const { api, addUser } = await startSandbox();
  const guess = await api("PUT", `${await addUser()}/auth`, { token: "123456" });
  expect([guess.status, guess.json]).toEqual([200, { verified: false, method: "sms", status: invalid }]);
});

it("a newly sent PIN replaces the one before", async () => {
  const { api, control, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  let [old, current] = [await sendPin(user), await sendPin(user)];
  while (old === current) [old, current] = [current, await sendPin(user)];
  expect((await api("PUT", `${user}/auth`, { token: old })).json.verified).toBe(false);
  expect((await api("PUT", `${user}/auth`, { token: current })).json.verified).toBe(true);
  const { json } = await control("GET", "messages?to=%2B3725550100");
  expect(json.messages.slice(0, 2).map(({ pin }: { pin: string }) => pin)).toEqual([current, old]);
});

it("a PIN is good until its tenth minute is over", async () => {
  const { api, control, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  const pin = await sendPin(user);
  await control("POST", "clock", { advance_seconds: 599.999 });
  expect((await api("PUT", `${user}/auth`, { token: wrongPin(pin) })).json.status).toEqual(invalid);
  await control("POST", "clock", { advance_seconds: 0.001 });
  expect((await api("PUT", `${user}/auth`, { token: pin })).json).toEqual({
    verified: false,
    method: "sms",
    status: expired,
  });
});

it("after five wrong guesses the right PIN is not looked at until the first of them is ten minutes old", async () => {
  const { api, control, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  const first = await sendPin(user);
  for (let guess = 0; guess < 5; guess += 1) {
    expect((await api("PUT", `${user}/auth`, { token: wrongPin(first) })).json.status).toEqual(invalid);
  }
  await control("POST", "clock", { advance_seconds: 599 });
  const pin = await sendPin(user);
  expect((await api("PUT", `${user}/auth`, { token: pin })).json).toEqual({
    verified: false,
    method: "sms",
    status: throttled,
  });
  await control("POST", "clock", { advance_seconds: 1 });
  expect((await api("PUT", `${user}/auth`, { token: pin })).json.verified).toBe(true);
});

it("a right guess clears the count of wrong ones", async () => {
  const { api, addUser, sendPin } = await startSandbox();
  const user = await addUser();
  for (let round = 0; round < 3; round += 1) {
    const pin = await sendPin(user);
    for (let guess = 0; guess < 4; guess += 1) await api("PUT", `${user}/auth`, { token: wrongPin(pin) });
    expect((await api("PUT", `${user}/auth`, { token: pin })).json.verified).toBe(true);
  }
});

it("totp falls back to sms for a phone without a paired device, and the method says so", async () => {
  const { api, control, addUser } = await startSandbox();
  const user = await addUser();
  const started = await api("POST", `${user}/auth`, { method: "totp" });
  expect([started.status, started.json]).toEqual([201, { method: "sms" }]);
  const { pin } = (await control("GET", "messages")).json.messages[0];
  expect((await api("PUT", `${user}/auth`, { token: pin, method: "totp" })).json).toEqual({
    verified: true,
    method: "sms",
  });
});

it("totp verifies the paired device's code, sends no message, and takes no code twice", async () => {
  const sandbox = await startSandbox();
  const { api, control, addUser } = sandbox;
  const user = await addUser();
  const code = await pairDevice(sandbox, "+3725550100");
  const login = async (token: string) => {
    expect((await api("POST", `${user}/auth`, { method: "totp" })).json).toEqual({ method: "totp" });
    return (await api("PUT", `${user}/auth`, { token })).json;
  };
  expect(await login(await code())).toEqual({ verified: true, method: "totp" });
  expect(await login(await code())).toEqual({ verified: false, method: "totp", status: invalid });
  expect(await login(await code(30))).toEqual({ verified: false, method: "totp", status: invalid });
  await control("POST", "clock", { advance_seconds: 30 });
  expect((await login(await code())).verified).toBe(true);
  expect((await control("GET", "messages")).json).toEqual({ messages: [] });
});

it("the code of the step before is accepted, the one before that is not", async () => {
  const sandbox = await startSandbox();
  const user = await sandbox.addUser();
  const code = await pairDevice(sandbox, "+3725550100");
  await sandbox.api("POST", `${user}/auth`, { method: "totp" });
  const guess = async (token: string) => (await sandbox.api("PUT", `${user}/auth`, { token })).json.verified;
  const [now, before, beforeThat] = [await code(), await code(30), await code(60)];
  expect(await guess(beforeThat)).toBe([now, before].includes(beforeThat));
  expect(await guess(before)).toBe(true);
});

it("auth_id is sent only where it is switched on: text for sms, null for totp", async () => {
  const sandbox = await startSandbox({ switches: { sendsAuthId: true } });
  const { api, addUser } = sandbox;
  const user = await addUser();
  const sms = await api("POST", `${user}/auth`, { method: "sms" });
  expect(sms.json).toEqual({ method: "sms", auth_id: expect.any(String) });
  await pairDevice(sandbox, "+3725550100");
  const totp = await api("POST", `${user}/auth`, { method: "totp" });
  expect(totp.json).toEqual({ method: "totp", auth_id: null });
});

it("a guess with the current auth_id or null is looked at, with any other it is a 404", async () => {
  const { api, control, addUser, sendPin } = await startSandbox({ switches: { sendsAuthId: true } });
  const user = await addUser();
  const old = (await api("POST", `${user}/auth`, { method: "sms" })).json.auth_id;
  const { auth_id } = (await api("POST", `${user}/auth`, { method: "sms" })).json;
  const { pin } = (await control("GET", "messages")).json.messages[0];
  const lost = await api("PUT", `${user}/auth`, { token: pin, auth_id: old });
  expect([lost.status, lost.json]).toEqual([404, { message: "Verification with auth_id was not found" }]);
  expect((await api("PUT", `${user}/auth`, { token: pin, auth_id })).json.verified).toBe(true);
  const next = await sendPin(user);
  expect((await api("PUT", `${user}/auth`, { token: next, auth_id: null })).json.verified).toBe(true);
});
