import { AuthMethod } from "@verigate/contract";
import { expect, test } from "vitest";
import { freePort } from "./free-port.ts";
import { startGateway } from "./gateway-under-test.ts";
import { type RpcClient, rpcClient } from "./rpc-client.ts";
import { failureOf, type RpcError, rpcError, rpcErrorFrom, rpcErrorOf, textOfError } from "./rpc-error.ts";
import { aService, aUser, createService, createUser, secret, userOfService, verifyPin } from "./samples.ts";
import { type Reaction, startScriptedUpstream } from "./scripted-upstream.ts";

const calls = {
  GetService: ({ services }: RpcClient) => services.getService({ serviceId: "s1" }),
  DeleteService: ({ services }: RpcClient) => services.deleteService({ serviceId: "s1" }),
  GetUser: ({ users }: RpcClient) => users.getUser(userOfService),
  ListUsers: ({ users }: RpcClient) => users.listUsers({ serviceId: "s1" }),
  DeleteUser: ({ users }: RpcClient) => users.deleteUser(userOfService),
  CreateService: ({ services }: RpcClient) => services.createService(createService),
  CreateUser: ({ users }: RpcClient) => users.createUser(createUser),
  InitiateAuth: ({ auth }: RpcClient) => auth.initiateAuth({ ...userOfService, method: AuthMethod.SMS }),
  VerifyPin: ({ auth }: RpcClient) => auth.verifyPin(verifyPin),
} as const;
type Name = keyof typeof calls;

const safe: readonly Name[] = ["GetService", "DeleteService", "GetUser", "ListUsers", "DeleteUser"];
const unsafe: readonly Name[] = ["CreateService", "CreateUser", "InitiateAuth", "VerifyPin"];

const failed = rpcError("Unavailable", "UPSTREAM_FAILED", "REPEAT_SAME_REQUEST_ID");
const unknown = rpcError("Unknown", "OUTCOME_UNKNOWN", "START_AGAIN");
const bad = rpcError("Internal", "UPSTREAM_BAD_RESPONSE", "OPERATOR");

const losses: readonly { readonly name: string; readonly reaction: Reaction }[] = [
  { name: "reset before the request was read", reaction: { reset: "before" } },
  { name: "reset after the request was read", reaction: { reset: "after" } },
  { name: "answer cut in half", reaction: { status: 200, cut: { ...aUser, verified: true, users: [] } } },
  { name: "answer that does not come in an attempt's time", reaction: "hang" },
];

async function outcomeOf(name: Name, reaction: Reaction): Promise<{ error: RpcError; mutations: number }> {
  const upstream = await startScriptedUpstream(reaction);
  const env = {
    VERIGATE_ATTEMPT_TIMEOUT: "100ms",
    VERIGATE_LIST_ATTEMPT_TIMEOUT: "100ms",
    VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "100ms",
  };
  const gateway = await startGateway({ upstream, env });
  const error = await rpcErrorOf(calls[name](rpcClient(gateway)));
  return { error, mutations: upstream.mutations };
}

test.each(losses.flatMap((loss) => safe.map((name) => ({ ...loss, call: name }))))(
  "$call, which is safe to repeat, says UPSTREAM_FAILED of an $name",
  async ({ call, reaction }) => {
    const { error } = await outcomeOf(call, reaction);
    expect(error).toEqual(failed);
  },
);

test.each(losses.flatMap((loss) => unsafe.map((name) => ({ ...loss, call: name }))))(
  "$call, which is not, says OUTCOME_UNKNOWN of an $name, and is sent once",
  async ({ call, reaction }) => {
    expect(await outcomeOf(call, reaction)).toEqual({ error: unknown, mutations: 1 });
  },
);

test.each(Object.keys(calls) as Name[])("%s says UPSTREAM_UNREACHABLE where nobody listens", async (name) => {
  const gateway = await startGateway({ upstream: { url: `http://127.0.0.1:${await freePort()}` } });
  expect(await rpcErrorOf(calls[name](rpcClient(gateway)))).toEqual(
    rpcError("Unavailable", "UPSTREAM_UNREACHABLE", "REPEAT_SAME_REQUEST_ID"),
  );
});

const html = `<html><body>${secret}</body></html>`;
const redirect = { location: "/elsewhere" };
const verified = { verified: true, method: "sms" };

interface BadAnswer {
  readonly name: string;
  readonly call: Name;
  readonly reaction: Extract<Reaction, { body?: unknown }>;
  /** What the message must name. */
  readonly names?: string;
}

const badAnswers: readonly BadAnswer[] = [
  { name: "HTML", call: "VerifyPin", reaction: { status: 200, headers: { "content-type": "text/html" }, body: html } },
  { name: "no body", call: "GetUser", reaction: { status: 200 } },
  { name: "JSON that ends early", call: "GetUser", reaction: { status: 200, body: '{"id":"u1"' } },
  { name: "an array", call: "GetService", reaction: { status: 200, body: [aService] } },
  { name: "a text", call: "InitiateAuth", reaction: { status: 201, body: JSON.stringify(secret) } },
  {
    name: "a number as id",
    call: "CreateUser",
    reaction: { status: 201, body: { ...aUser, id: 4711 } },
    names: '"id"',
  },
  {
    name: "no name",
    call: "CreateService",
    reaction: { status: 201, body: { ...aService, name: null } },
    names: '"name"',
  },
  {
    name: "a wrong time",
    call: "GetUser",
    reaction: { status: 200, body: { ...aUser, ctime: secret } },
    names: '"ctime"',
  },
  {
    name: "verified as a text",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, verified: "true" } },
    names: '"verified"',
  },
  {
    name: "verified as a number",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, verified: 1 } },
    names: '"verified"',
  },
  { name: "no verified", call: "VerifyPin", reaction: { status: 200, body: { method: "sms" } }, names: '"verified"' },
  {
    name: "an unknown method",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, method: secret } },
    names: '"method"',
  },
  {
    name: "a status that is no object",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, status: secret } },
    names: '"status"',
  },
  {
    name: "verified and throttled",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, status: { throttled: true } } },
    names: "status",
  },
  {
    name: "verified and expired",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, status: { expired: true } } },
    names: "status",
  },
  {
    name: "verified and invalid",
    call: "VerifyPin",
    reaction: { status: 200, body: { ...verified, status: { result: "INVALID" } } },
    names: "status",
  },
  {
    name: "a number as auth_id",
    call: "InitiateAuth",
    reaction: { status: 201, body: { method: "sms", auth_id: 4711 } },
    names: '"auth_id"',
  },
  { name: "no users", call: "ListUsers", reaction: { status: 200, body: { total: 0 } }, names: '"users"' },
  {
    name: "a user that is none",
    call: "ListUsers",
    reaction: { status: 200, body: { users: [aUser, secret] } },
    names: '"users"',
  },
  { name: "301", call: "GetUser", reaction: { status: 301, headers: redirect } },
  { name: "302", call: "VerifyPin", reaction: { status: 302, headers: redirect } },
  { name: "307", call: "InitiateAuth", reaction: { status: 307, headers: redirect } },
  { name: "308", call: "DeleteUser", reaction: { status: 308, headers: redirect } },
  { name: "206", call: "GetService", reaction: { status: 206, body: aService } },
  { name: "50 MB", call: "GetUser", reaction: { status: 200, body: Buffer.alloc(50_000_000, "x") } },
  {
    name: "50 MB with the status 500",
    call: "GetUser",
    reaction: { status: 500, body: Buffer.alloc(50_000_000, "x") },
  },
];

test.each(badAnswers)(
  "an answer with $name to $call is UPSTREAM_BAD_RESPONSE, which names the field and not its value",
  async ({ call, reaction, names = "answer" }) => {
    const upstream = await startScriptedUpstream(reaction);
    const gateway = await startGateway({ upstream });
    const failure = await failureOf(calls[call](rpcClient(gateway)));
    expect(rpcErrorFrom(failure)).toEqual(bad);
    expect(failure.rawMessage).toContain(names);
    expect(textOfError(failure)).not.toMatch(/tell-nobody|4711/);
  },
);

test.each(badAnswers)("after an answer with $name to $call, nothing was sent a second time", async (row) => {
  const upstream = await startScriptedUpstream(row.reaction);
  const gateway = await startGateway({ upstream });
  await failureOf(calls[row.call](rpcClient(gateway)));
  expect(upstream.arrivals).toBe(1);
});

test("after a 50 MB answer the next call is served", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: Buffer.alloc(50_000_000, "x") });
  const gateway = await startGateway({ upstream });
  const client = rpcClient(gateway);
  expect(await rpcErrorOf(calls.GetUser(client))).toEqual(bad);
  upstream.react({ status: 200, body: aUser });
  expect((await client.users.getUser(userOfService)).user?.id).toBe("u1");
});

test("an endless answer is given up at the cap", async () => {
  const upstream = await startScriptedUpstream({
    status: 200,
    headers: { "content-length": "18446744073709551615" },
    body: aUser,
  });
  const gateway = await startGateway({ upstream });
  expect(await rpcErrorOf(calls.GetUser(rpcClient(gateway)))).toEqual(bad);
});
