import { expect, it } from "vitest";
import { createLimitKeys } from "./limit-keys.ts";

const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const keys = createLimitKeys([oldKey]);
const user = { serviceId: "s1", userId: "u1" };

it("no subject has another one's key", () => {
  const all = [
    keys.ofUser(user).user,
    keys.ofUser({ serviceId: "s1u", userId: "1" }).user,
    keys.ofUser({ serviceId: "u1", userId: "s1" }).user,
    keys.ofUser(user).service,
    keys.ofUser({ serviceId: "u1", userId: "u1" }).service,
    keys.ofPhone({ number: "s1", country: "unknown" }),
    keys.ofCaller("s1"),
    keys.ofUser(user).endUser("ip", "a"),
    keys.ofUser(user).endUser("session", "a"),
    keys.ofUser({ ...user, userId: "u2" }).endUser("session", "a"),
  ].flat();

  expect(new Set(all).size).toBe(all.length);
});

it("every key of VERIGATE_HASH_KEY gives a name, and each the same wherever it stands", () => {
  const [first] = createLimitKeys([newKey]).ofUser(user).user;
  const [old] = keys.ofUser(user).user;

  expect(createLimitKeys([newKey, oldKey]).ofUser(user).user).toEqual([first, old]);
  expect(createLimitKeys([oldKey, newKey]).ofUser(user).user).toEqual([old, first]);
});

it("a service's key is its own, however many others are asked for", () => {
  const serviceOf = (serviceId: string) => keys.ofUser({ serviceId, userId: "u1" }).service;
  const [before] = serviceOf("shop");
  for (let number = 0; number < 2_500; number += 1) {
    serviceOf(`made up ${number}`);
  }

  expect(serviceOf("shop")).toEqual([before]);
});

it("no name has the user's id or the service's in it", () => {
  const { user: names, service, endUser } = keys.ofUser({ serviceId: "shop", userId: "anna" });

  expect([...names, ...service, ...endUser("session", "anna")].join(" ")).not.toMatch(/anna|shop/);
});

it("a user's name is its own, however many others are asked for, and whatever they are spelt like", () => {
  const before = keys.ofUser(user);
  for (let number = 0; number < 2_500; number += 1) {
    expect(keys.ofUser({ serviceId: "s1", userId: `u1${number}` }).user).not.toEqual(before.user);
  }

  expect(keys.ofUser(user).user).toEqual(before.user);
  expect(keys.ofUser({ serviceId: "s", userId: "1u1" }).user).not.toEqual(before.user);
});

it("an id of the provider's with a control character in it is not another user's", () => {
  expect(keys.ofUser({ serviceId: "s1", userId: "u1\0b" }).user).not.toEqual(keys.ofUser(user).user);
});
