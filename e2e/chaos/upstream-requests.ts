import type { UpstreamOperation } from "./journal.ts";

/** A request as the upstream understands it. `key` tells the intent: it stands in the path, and in no other. */
export interface UpstreamRequest {
  readonly operation: UpstreamOperation;
  readonly key: string;
}

const base = /^\/v1\/service\/service\/([^/]+)\/users(?:\/([^/]+))?(\/auth)?$/;

/** Undefined where it is no request of the load. */
export function requestFromPath(method: string, path: string): UpstreamRequest | undefined {
  const [, service, user, auth] = base.exec(path) ?? [];
  const operation = operations[`${method}${user === undefined ? " users" : auth === undefined ? " user" : " auth"}`];
  const key = user ?? service;
  return operation === undefined || key === undefined ? undefined : { operation, key };
}

const operations: Readonly<Record<string, UpstreamOperation>> = {
  "POST users": "CreateUser",
  "GET users": "ListUsers",
  "GET user": "GetUser",
  "DELETE user": "DeleteUser",
  "POST auth": "InitiateAuth",
  "PUT auth": "VerifyPin",
};
