import { Fault } from "@verigate/call";
import { expect, it } from "vitest";
import { initiationFromJson, serviceFromJson, userFromJson, usersFromJson, verificationFromJson } from "./shapes.ts";

const ctime = "2017-07-06T13:12:03.141Z";
const createTime = { seconds: 1_499_346_723, nanos: 141_000_000 };
const secret = "secret-value-0451";

it("reads a service and a user, and passes over members that it does not know", () => {
  expect(serviceFromJson({ id: "s", name: "Shop", ctime, more: 1 })).toEqual({ id: "s", name: "Shop", createTime });
  expect(userFromJson({ id: "u", id_in_service: "anna", ctime, more: 1 })).toEqual({
    id: "u",
    idInService: "anna",
    createTime,
  });
});

it.each([{ total: 1 }, { count: 1 }, {}])("reads a user list with %j beside the users", (more) => {
  expect(usersFromJson({ users: [{ id: "u", id_in_service: "anna", ctime }], ...more })).toHaveLength(1);
});

it.each([
  ["string", "auth-1", "auth-1"],
  ["null", null, undefined],
  ["absent", undefined, undefined],
])("reads an initiation whose auth_id is %s", (_, auth_id, authId) => {
  expect(initiationFromJson({ method: "sms", auth_id })).toEqual({ method: "sms", authId });
});

it.each([
  [
    { verified: true, method: "totp" },
    { verified: true, method: "totp" },
  ],
  [
    { verified: true, method: "sms", status: null },
    { verified: true, method: "sms" },
  ],
  [
    { verified: true, method: "sms", status: { throttled: false, expired: false, invalid: false, result: "OK" } },
    { verified: true, method: "sms" },
  ],
  [
    { verified: false, method: "sms" },
    { verified: false, method: "sms", failure: "invalid" },
  ],
  [
    { verified: false, method: "sms", status: { invalid: true, result: "INVALID" } },
    { verified: false, method: "sms", failure: "invalid" },
  ],
  [
    { verified: false, method: "sms", status: { expired: true } },
    { verified: false, method: "sms", failure: "expired" },
  ],
  [
    { verified: false, method: "sms", status: { result: "expired" } },
    { verified: false, method: "sms", failure: "expired" },
  ],
  [
    { verified: false, method: "sms", status: { throttled: true, invalid: true, expired: true } },
    { verified: false, method: "sms", failure: "throttled" },
  ],
  [
    { verified: false, method: "totp", status: { result: "SOMETHING_NEW" } },
    { verified: false, method: "totp", failure: "invalid" },
  ],
])("%j is the verification %j", (json, verification) => {
  expect(verificationFromJson(json)).toEqual(verification);
});

it.each([
  ["verified is text", () => verificationFromJson({ verified: "true", method: "sms" }), "verified"],
  ["verified is a number", () => verificationFromJson({ verified: 1, method: "sms" }), "verified"],
  ["verified is missing", () => verificationFromJson({ method: "sms" }), "verified"],
  [
    "a flag is text",
    () => verificationFromJson({ verified: false, method: "sms", status: { expired: secret } }),
    "expired",
  ],
  ["the status is text", () => verificationFromJson({ verified: true, method: "sms", status: secret }), "status"],
  [
    "a flag contradicts",
    () => verificationFromJson({ verified: true, method: "sms", status: { throttled: true } }),
    "verified",
  ],
  [
    "the result contradicts",
    () => verificationFromJson({ verified: true, method: "sms", status: { result: "INVALID" } }),
    "verified",
  ],
  ["the method is unknown", () => initiationFromJson({ method: secret }), "method"],
  ["the method is missing", () => verificationFromJson({ verified: true }), "method"],
  ["auth_id is a number", () => initiationFromJson({ method: "sms", auth_id: 7 }), "auth_id"],
  ["the id is empty", () => serviceFromJson({ id: "", name: secret, ctime }), "id"],
  ["the name is missing", () => serviceFromJson({ id: secret, ctime }), "name"],
  ["a user is null", () => usersFromJson({ users: [null] }), "users"],
  ["the users are an object", () => usersFromJson({ users: { secret } }), "users"],
])("fails closed where %s, and names the member but no value", (_, read, member) => {
  try {
    read();
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    expect((error as Fault).kind).toBe("upstream-bad-response");
    expect((error as Fault).publicMessage).toContain(`"${member}"`);
    expect(`${(error as Fault).message} ${String((error as Fault).cause)}`).not.toContain(secret);
  }
});
