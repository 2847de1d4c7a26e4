import { expect, it } from "vitest";
import { parsePolicy } from "./parse-policy.ts";
import { createPolicy } from "./policy.ts";

const policy = createPolicy(
  parsePolicy(`version: 1
callers:
  - name: login
    methods: [AuthAPI.InitiateAuth, AuthAPI.VerifyPin]
    services: [s1]
  - name: login
    methods: [AuthAPI.VerifyPin, UserAPI.ListUsers]
    services: [s2]
  - name: shop:*
    methods: ["AuthAPI.*"]
    services: ["*"]
  - name: "*"
    methods: [ServiceAPI.GetService]
    services: [s1]
  - name: shop:admin
    methods: [ServiceAPI.CreateService]
`),
);

const allowed = (line: number) => ({ isAllowed: true, line });
const denied = (lacks: string, line?: number) => ({ isAllowed: false, lacks, line });

it.each([
  ["login", "AuthAPI.VerifyPin", allowed(3)],
  ["login", "UserAPI.ListUsers", allowed(6)],
  ["login", "UserAPI.DeleteUser", denied("method", 3)],
  ["Login", "AuthAPI.VerifyPin", denied("method", 12)],
  ["login2", "AuthAPI.VerifyPin", denied("method", 12)],
  ["shop:web", "AuthAPI.VerifyPin", allowed(9)],
  ["shop:admin", "ServiceAPI.CreateService", allowed(15)],
  ["shop:admin", "UserAPI.DeleteUser", denied("method", 9)],
  ["shop:", "AuthAPI.VerifyPin", allowed(9)],
  ["shop", "AuthAPI.VerifyPin", denied("method", 12)],
  ["anybody", "ServiceAPI.GetService", allowed(12)],
  ["anonymous", "ServiceAPI.GetService", denied("caller")],
])("%s and %s are %j", (caller, method, decision) => {
  expect(policy.mayCall(caller, method)).toEqual(decision);
});

it.each([
  ["login", "AuthAPI.VerifyPin", "s1", allowed(3)],
  ["login", "AuthAPI.VerifyPin", "s2", allowed(6)],
  ["login", "AuthAPI.InitiateAuth", "s2", denied("service", 3)],
  ["login", "AuthAPI.VerifyPin", "S1", denied("service", 3)],
  ["login", "AuthAPI.VerifyPin", "s1 ", denied("service", 3)],
  ["login", "AuthAPI.VerifyPin", "*", denied("service", 3)],
  ["shop:web", "AuthAPI.VerifyPin", "anything", allowed(9)],
  ["login", "UserAPI.DeleteUser", "s1", denied("method", 3)],
  ["anonymous", "AuthAPI.VerifyPin", "s1", denied("caller")],
])("%s, %s and service %s are %j", (caller, method, service, decision) => {
  expect(policy.mayCallFor(caller, method, { service })).toEqual(decision);
});

it.each([
  ["login", "s1", "../../s2/users/u1", denied("plain_user_id", 3)],
  ["login", "s1", "..\\..\\s2", denied("plain_user_id", 3)],
  ["login", "s1", "..%2f..%2fs2", denied("plain_user_id", 3)],
  ["login", "s1", "a/b", denied("plain_user_id", 3)],
  ["login", "s1", "..", denied("plain_user_id", 3)],
  ["login", "s1", "..;x", denied("plain_user_id", 3)],
  ["login", "s1", "a..b;c", allowed(3)],
  ["login", "s1", "6b1d9f0e-4b5e", allowed(3)],
  ["login", "s9", "../../s2/users/u1", denied("service", 3)],
  ["shop:web", "s1", "../../s2/users/u1", allowed(9)],
])(
  "%s, service %s and user %s are %j, because an id may not lead to another service",
  (caller, service, user, decision) => {
    expect(policy.mayCallFor(caller, "AuthAPI.VerifyPin", { service, user })).toEqual(decision);
  },
);

it("a user id that no rule with services takes is taken by one for all services", () => {
  const both = createPolicy(
    parsePolicy(`version: 1
callers:
  - {name: a, methods: [AuthAPI.VerifyPin], services: [s1]}
  - {name: a, methods: [AuthAPI.VerifyPin], services: ["*"]}
`),
  );
  expect(both.mayCallFor("a", "AuthAPI.VerifyPin", { service: "s1", user: "a/b" })).toEqual(allowed(4));
});

it("who brought no credentials is meant where the policy names them", () => {
  const open = createPolicy(
    parsePolicy("version: 1\ncallers: [{name: anonymous, methods: [AuthAPI.VerifyPin], services: [s1]}]"),
  );
  expect(open.mayCallFor("anonymous", "AuthAPI.VerifyPin", { service: "s1" }).isAllowed).toBe(true);
  expect(open.mayCallFor("login", "AuthAPI.VerifyPin", { service: "s1" }).isAllowed).toBe(false);
});

it("a policy without rules denies all", () => {
  expect(createPolicy([]).mayCall("login", "AuthAPI.VerifyPin")).toEqual(denied("caller"));
});
