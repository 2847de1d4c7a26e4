import type { Answer } from "../answer.ts";
import type { CallName } from "../call-names.ts";
import type { State } from "../state.ts";
import type { ApiRequest } from "./api-request.ts";
import { initiateAuth, verifyPin } from "./authentication.ts";
import { createService, deleteService, getService } from "./services.ts";
import { createUser, deleteUser, getUser, listUsers } from "./users.ts";

/** One documented call. */
export interface Route {
  readonly call: CallName;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Matches the path as it was sent, escapes and all. */
  readonly path: RegExp;
  readonly handle: (state: State, request: ApiRequest) => Answer;
}

const services = /^\/v1\/service\/service$/;
const service = /^\/v1\/service\/service\/(?<serviceId>[^/]+)$/;
const users = /^\/v1\/service\/service\/(?<serviceId>[^/]+)\/users$/;
// The Java SDK spells a single user's path in the singular.
const user = /^\/v1\/service\/service\/(?<serviceId>[^/]+)\/users?\/(?<userId>[^/]+)$/;
const auth = /^\/v1\/service\/service\/(?<serviceId>[^/]+)\/users?\/(?<userId>[^/]+)\/auth$/;

/** Every call there is. */
export const routes: readonly Route[] = [
  { call: "createService", method: "POST", path: services, handle: createService },
  { call: "getService", method: "GET", path: service, handle: getService },
  { call: "deleteService", method: "DELETE", path: service, handle: deleteService },
  { call: "createUser", method: "POST", path: users, handle: createUser },
  { call: "listUsers", method: "GET", path: users, handle: listUsers },
  { call: "getUser", method: "GET", path: user, handle: getUser },
  { call: "deleteUser", method: "DELETE", path: user, handle: deleteUser },
  { call: "initiateAuth", method: "POST", path: auth, handle: initiateAuth },
  { call: "verifyPin", method: "PUT", path: auth, handle: verifyPin },
];
