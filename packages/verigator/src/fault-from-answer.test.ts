import type { FaultKind } from "@verigate/call";
import { expect, it } from "vitest";
import * as namespace from "./endpoints.ts";
import { faultFromAnswer } from "./fault-from-answer.ts";

const params = {
  serviceId: "s",
  userId: "u",
  fqdn: "shop.example",
  name: "Shop",
  phoneNumber: "+37255555555",
  idInService: "anna",
  method: "sms" as const,
  pin: "0451",
  authId: undefined,
};
const endpoints = { ...namespace };
type Name = keyof typeof endpoints;

const statuses = [
  201, 204, 301, 302, 304, 400, 401, 402, 403, 404, 405, 409, 410, 415, 418, 422, 429, 500, 502, 503, 504, 599,
];

/** What every endpoint makes of a status, but for those below. */
const common: Readonly<Record<number, FaultKind>> = {
  400: "upstream-rejected",
  401: "upstream-credentials-rejected",
  403: "upstream-forbidden",
  422: "upstream-rejected",
  429: "upstream-rate-limited",
};

const own: Readonly<Record<Name, Readonly<Record<number, FaultKind>>>> = {
  createService: { 404: "service-not-found", 409: "service-exists" },
  getService: { 404: "service-not-found" },
  deleteService: {
    400: "service-not-empty",
    404: "service-not-found",
    409: "service-not-empty",
    422: "service-not-empty",
  },
  createUser: { 404: "service-not-found", 409: "user-exists" },
  listUsers: { 404: "service-not-found" },
  getUser: { 404: "user-not-found" },
  deleteUser: { 404: "user-not-found" },
  initiateAuth: { 404: "user-not-found" },
  verifyPin: { 404: "user-not-found" },
};
const unsafe: readonly Name[] = ["createService", "createUser", "initiateAuth", "verifyPin"];

const rows = (Object.keys(own) as Name[]).flatMap((name) => statuses.map((status) => [name, status] as const));

it.each(rows)("%s answered by %d is the fault that the contract says", (name, status) => {
  const whenFailed = unsafe.includes(name) ? "outcome-unknown" : "upstream-failed";
  const expected = status >= 500 ? whenFailed : (own[name][status] ?? common[status] ?? "upstream-bad-response");

  const fault = faultFromAnswer(endpoints[name], params, { status, headers: {}, body: Buffer.from("{}") });

  expect(fault.kind).toBe(expected);
});

it("the table looks at every endpoint there is", () => {
  expect(Object.keys(endpoints).sort()).toEqual(Object.keys(own).sort());
});

it.each([
  ["", "user-not-found"],
  [" \n", "user-not-found"],
  ['{"message":"no"}', "user-not-found"],
  ["<html>not here</html>", "upstream-bad-response"],
  [`[${"{},".repeat(30_000)}{}]`, "upstream-bad-response"],
])("a 404 with the body %.30s is %s", (body, kind) => {
  expect(faultFromAnswer(endpoints.getUser, params, { status: 404, headers: {}, body: Buffer.from(body) }).kind).toBe(
    kind,
  );
});

it("a 404 to a guess with an auth_id is about the authentication", () => {
  const answer = { status: 404, headers: {}, body: Buffer.alloc(0) };

  const fault = faultFromAnswer(endpoints.verifyPin, { ...params, authId: "a" }, answer);

  expect(fault.kind).toBe("verification-not-found");
  expect(fault.resource).toEqual({ type: "verigate.v1.Authentication", name: "a" });
});

it.each([
  [{ "retry-after": "7" }, 7_000],
  [{ "retry-after": "86400" }, 300_000],
  [{ "retry-after": "Mon, 01 Jan 2024 00:00:09 GMT", date: "Mon, 01 Jan 2024 00:00:00 GMT" }, 9_000],
  [{ "retry-after": "Mon, 01 Jan 2024 00:00:00 GMT", date: "Mon, 01 Jan 2024 00:00:09 GMT" }, 0],
  [{ "retry-after": "Mon, 01 Jan 2024 00:00:09 GMT" }, 1_000],
  [{ "retry-after": "soon" }, 1_000],
  [{ "retry-after": "-1" }, 1_000],
  [{}, 1_000],
])("a 429 with %j asks for a wait of %s ms", (headers, retryAfterMs) => {
  const fault = faultFromAnswer(endpoints.getUser, params, { status: 429, headers, body: Buffer.alloc(0) });

  expect(fault.kind).toBe("upstream-rate-limited");
  expect(fault.retryAfterMs).toBe(retryAfterMs);
});

it("the wait that a 503 asks for is told, where a repeat is safe", () => {
  const answer = { status: 503, headers: { "retry-after": "30" }, body: Buffer.alloc(0) };

  expect(faultFromAnswer(endpoints.getUser, params, answer).retryAfterMs).toBe(30_000);
  expect(faultFromAnswer(endpoints.verifyPin, params, answer).retryAfterMs).toBeUndefined();
});

it("an answer's body never gets into a fault", () => {
  const body = Buffer.from('{"message":"secret-value-0451"}');
  for (const [name, status] of rows) {
    const { message, publicMessage, cause } = faultFromAnswer(endpoints[name], params, { status, headers: {}, body });
    expect(`${message} ${publicMessage} ${String(cause)}`).not.toContain("secret-value");
  }
});
