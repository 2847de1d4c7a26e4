import { AuthMethod } from "@verigate/contract";
import { describe, expect, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { protocols, type RpcClient, rpcClient } from "./rpc-client.ts";
import { failureOf, type RpcError, rpcError, rpcErrorFrom, textOfError } from "./rpc-error.ts";
import { createService, createUser, secret, userOfService, verifyPin } from "./samples.ts";
import { type Reaction, startScriptedUpstream } from "./scripted-upstream.ts";

interface Row {
  readonly name: string;
  readonly answer: Extract<Reaction, { body?: unknown }>;
  readonly call: (client: RpcClient) => Promise<unknown>;
  readonly error: RpcError;
}

const problem = { message: secret, password: secret };

const getService = ({ services }: RpcClient) => services.getService({ serviceId: "s1" });
const getUser = ({ users }: RpcClient) => users.getUser(userOfService);
const verify = ({ auth }: RpcClient) => auth.verifyPin(verifyPin);
const verifyWithAuthId = ({ auth }: RpcClient) => auth.verifyPin({ ...verifyPin, authId: "a1" });
const initiate = ({ auth }: RpcClient) => auth.initiateAuth({ ...userOfService, method: AuthMethod.SMS });
const newService = ({ services }: RpcClient) => services.createService(createService);
const newUser = ({ users }: RpcClient) => users.createUser(createUser);
const deleteService = ({ services }: RpcClient) => services.deleteService({ serviceId: "s1" });
const listUsers = ({ users }: RpcClient) => users.listUsers({ serviceId: "s1" });
const deleteUser = ({ users }: RpcClient) => users.deleteUser(userOfService);

const service = { resources: ["verigate.v1.Service s1"] };
const user = { resources: ["verigate.v1.User u1"] };

const rejected = rpcError("InvalidArgument", "UPSTREAM_REJECTED", "FIX_REQUEST");
const credentials = rpcError("Internal", "UPSTREAM_CREDENTIALS_REJECTED", "OPERATOR");
const forbidden = rpcError("PermissionDenied", "UPSTREAM_FORBIDDEN", "OPERATOR");
const noService = rpcError("NotFound", "SERVICE_NOT_FOUND", "FIX_REQUEST", service);
const noUser = rpcError("NotFound", "USER_NOT_FOUND", "FIX_REQUEST", user);
const notEmpty = rpcError("FailedPrecondition", "SERVICE_NOT_EMPTY", "FIX_REQUEST");
const rateLimited = (...retryDelays: string[]) =>
  rpcError("ResourceExhausted", "UPSTREAM_RATE_LIMITED", "WAIT", { retryDelays });
const bad = rpcError("Internal", "UPSTREAM_BAD_RESPONSE", "OPERATOR");
const failed = rpcError("Unavailable", "UPSTREAM_FAILED", "REPEAT_SAME_REQUEST_ID");
const unknown = rpcError("Unknown", "OUTCOME_UNKNOWN", "START_AGAIN");

const html = { headers: { "content-type": "text/html" }, body: `<html><body>${secret}</body></html>` };
const date = { date: "Thu, 06 Jul 2017 13:00:00 GMT" };

const rows: readonly Row[] = [
  { name: "400", answer: { status: 400, body: problem }, call: verify, error: rejected },
  { name: "422", answer: { status: 422, body: problem }, call: initiate, error: rejected },
  { name: "422 of a creating call", answer: { status: 422, body: problem }, call: newUser, error: rejected },
  { name: "401", answer: { status: 401, body: problem }, call: verify, error: credentials },
  { name: "401 with HTML", answer: { status: 401, ...html }, call: getUser, error: credentials },
  { name: "403", answer: { status: 403, body: problem }, call: getService, error: forbidden },
  { name: "404 of GetService", answer: { status: 404, body: problem }, call: getService, error: noService },
  { name: "404 without a body", answer: { status: 404 }, call: deleteService, error: noService },
  { name: "404 of CreateUser", answer: { status: 404, body: problem }, call: newUser, error: noService },
  { name: "404 of ListUsers", answer: { status: 404, body: problem }, call: listUsers, error: noService },
  { name: "404 of GetUser", answer: { status: 404, body: problem }, call: getUser, error: noUser },
  { name: "404 of DeleteUser", answer: { status: 404 }, call: deleteUser, error: noUser },
  { name: "404 of InitiateAuth", answer: { status: 404, body: problem }, call: initiate, error: noUser },
  { name: "404 of VerifyPin", answer: { status: 404, body: problem }, call: verify, error: noUser },
  {
    name: "404 of VerifyPin with an auth_id",
    answer: { status: 404, body: problem },
    call: verifyWithAuthId,
    error: rpcError("NotFound", "VERIFICATION_NOT_FOUND", "START_AGAIN", {
      resources: ["verigate.v1.Authentication a1"],
    }),
  },
  { name: "404 with HTML", answer: { status: 404, ...html }, call: getUser, error: bad },
  {
    name: "409 of CreateService",
    answer: { status: 409, body: problem },
    call: newService,
    error: rpcError("AlreadyExists", "SERVICE_EXISTS", "FIX_REQUEST"),
  },
  {
    name: "409 of CreateUser",
    answer: { status: 409, body: problem },
    call: newUser,
    error: rpcError("AlreadyExists", "USER_EXISTS", "FIX_REQUEST"),
  },
  { name: "400 of DeleteService", answer: { status: 400, body: problem }, call: deleteService, error: notEmpty },
  { name: "409 of DeleteService", answer: { status: 409, body: problem }, call: deleteService, error: notEmpty },
  { name: "422 of DeleteService", answer: { status: 422, body: problem }, call: deleteService, error: notEmpty },
  {
    name: "429 with seconds",
    answer: { status: 429, headers: { "retry-after": "30" }, body: problem },
    call: getUser,
    error: rateLimited("30s"),
  },
  {
    name: "429 with a date",
    answer: { status: 429, headers: { ...date, "retry-after": "Thu, 06 Jul 2017 13:00:40 GMT" } },
    call: verify,
    error: rateLimited("40s"),
  },
  {
    name: "429 with a date that has passed",
    answer: { status: 429, headers: { ...date, "retry-after": "Thu, 06 Jul 2017 12:59:00 GMT" } },
    call: verify,
    error: rateLimited("0s"),
  },
  {
    name: "429 with a wait of years",
    answer: { status: 429, headers: { "retry-after": "99999999" } },
    call: getUser,
    error: rateLimited("300s"),
  },
  {
    name: "429 with a wait that is none",
    answer: { status: 429, headers: { "retry-after": secret } },
    call: initiate,
    error: rateLimited("1s"),
  },
  { name: "418", answer: { status: 418, body: problem }, call: getUser, error: bad },
  { name: "409 of GetUser", answer: { status: 409, body: problem }, call: getUser, error: bad },
  { name: "203", answer: { status: 203, body: { ...problem, id: secret } }, call: getUser, error: bad },
  {
    name: "202 of VerifyPin",
    answer: { status: 202, body: { verified: true, method: "sms" } },
    call: verify,
    error: bad,
  },
  { name: "304", answer: { status: 304 }, call: getService, error: bad },
  { name: "500 of a safe call", answer: { status: 500, body: problem }, call: getUser, error: failed },
  { name: "503 of a safe call", answer: { status: 503, ...html }, call: deleteUser, error: failed },
  { name: "500 of VerifyPin", answer: { status: 500, body: problem }, call: verify, error: unknown },
  { name: "503 of InitiateAuth", answer: { status: 503, ...html }, call: initiate, error: unknown },
  { name: "502 of CreateUser", answer: { status: 502, ...html }, call: newUser, error: unknown },
  { name: "504 of CreateService", answer: { status: 504 }, call: newService, error: unknown },
];

describe.each(protocols)("over %s, an upstream's", (protocol) => {
  test.each(rows)("$name is $error.infos, and nothing of it leaks", async ({ answer, call, error }) => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream, env: { MESSENTE_API_PASSWORD: secret } });
    const failure = await failureOf(call(rpcClient(gateway, protocol)));
    expect(rpcErrorFrom(failure)).toEqual(error);
    expect(textOfError(failure)).not.toContain(secret);
    expect(upstream.requests[0]?.headers["x-service-auth"]).toBe(`sandbox:${secret}`);
  });
});

const unsafeRows = rows.filter(({ error }) => error === unknown);

test.each(unsafeRows)("$name is asked once only", async ({ answer, call }) => {
  const upstream = await startScriptedUpstream(answer);
  const gateway = await startGateway({ upstream });
  await failureOf(call(rpcClient(gateway)));
  expect(upstream.mutations).toBe(1);
});
