import type { Attempt, FaultKind, FaultResource, OperationClass, RetryClass } from "@verigate/call";
import type { JsonObject } from "./decode.ts";
import {
  type Initiation,
  initiationFromJson,
  type Method,
  type Service,
  serviceFromJson,
  type User,
  userFromJson,
  type Verification,
  verificationFromJson,
} from "./shapes.ts";

/** One call of the REST API: everything that tells it from the others. */
export interface Endpoint<Params, Result> {
  /** The operation's name in the RPC contract. */
  readonly operation: string;
  readonly operationClass: OperationClass;
  readonly method: Attempt["method"];
  /** See {@link expandPath}. The parts are members of `Params`. */
  readonly path: string;
  readonly retry: RetryClass;
  /** The statuses that mean success. Every other 2xx can't be understood. */
  readonly accepts: readonly number[];
  readonly body?: (params: Params) => Readonly<Record<string, string | undefined>>;
  /** What a status means here, where it means something of its own. */
  readonly faults: Readonly<Record<number, FaultKind | ((params: Params) => FaultKind)>>;
  /** What a 404 is about. */
  readonly subject: (params: Params) => FaultResource;
  /** Reads a success; of calls whose answers carry nothing, undefined: their bodies are not looked at. */
  readonly decode: ((json: JsonObject) => Result) | undefined;
}

export interface ServiceRef {
  readonly serviceId: string;
}
export interface UserRef extends ServiceRef {
  readonly userId: string;
}
export interface NewService {
  readonly fqdn: string;
  readonly name: string;
}
export interface NewUser extends ServiceRef {
  readonly phoneNumber: string;
  readonly idInService: string;
}
export interface NewAuthentication extends UserRef {
  readonly method: Method;
}
export interface Guess extends UserRef {
  readonly pin: string;
  readonly method: Method | undefined;
  readonly authId: string | undefined;
}

const services = "/v1/service/service";
const service = `${services}/{serviceId}`;
const users = `${service}/users`;
const user = `${users}/{userId}`;
const auth = `${user}/auth`;

// The documentation says 201 where the Java SDK insists on 200.
const created = [201, 200];
// 202 is documented; 200 and 204 say no less.
const deleted = [202, 200, 204];

const aService = (params: ServiceRef): FaultResource => ({ type: "verigate.v1.Service", name: params.serviceId });
const aUser = (params: UserRef): FaultResource => ({ type: "verigate.v1.User", name: params.userId });

export const createService: Endpoint<NewService, Service> = {
  operation: "CreateService",
  operationClass: "directory",
  method: "POST",
  path: services,
  retry: "unsent-only",
  accepts: created,
  body: ({ fqdn, name }) => ({ fqdn, name }),
  faults: { 404: "service-not-found", 409: "service-exists" },
  subject: ({ fqdn }) => ({ type: "verigate.v1.Service", name: fqdn }),
  decode: serviceFromJson,
};

export const getService: Endpoint<ServiceRef, Service> = {
  operation: "GetService",
  operationClass: "directory",
  method: "GET",
  path: service,
  retry: "safe",
  accepts: [200],
  faults: { 404: "service-not-found" },
  subject: aService,
  decode: serviceFromJson,
};

export const deleteService: Endpoint<ServiceRef, void> = {
  operation: "DeleteService",
  operationClass: "directory",
  method: "DELETE",
  path: service,
  retry: "safe",
  accepts: deleted,
  // Its users must be removed first; which status says so is not documented.
  faults: {
    400: "service-not-empty",
    404: "service-not-found",
    409: "service-not-empty",
    422: "service-not-empty",
  },
  subject: aService,
  decode: undefined,
};

export const createUser: Endpoint<NewUser, User> = {
  operation: "CreateUser",
  operationClass: "directory",
  method: "POST",
  path: users,
  retry: "unsent-only",
  accepts: created,
  body: ({ phoneNumber, idInService }) => ({ phone_number: phoneNumber, id_in_service: idInService }),
  faults: { 404: "service-not-found", 409: "user-exists" },
  subject: aService,
  decode: userFromJson,
};

/** Its answers are decoded off the main thread: see {@link createUserListDecoder}. */
export const listUsers: Endpoint<ServiceRef, void> = {
  operation: "ListUsers",
  operationClass: "list",
  method: "GET",
  path: users,
  retry: "safe",
  accepts: [200],
  faults: { 404: "service-not-found" },
  subject: aService,
  decode: undefined,
};

export const getUser: Endpoint<UserRef, User> = {
  operation: "GetUser",
  operationClass: "directory",
  method: "GET",
  path: user,
  retry: "safe",
  accepts: [200],
  faults: { 404: "user-not-found" },
  subject: aUser,
  decode: userFromJson,
};

export const deleteUser: Endpoint<UserRef, void> = {
  operation: "DeleteUser",
  operationClass: "directory",
  method: "DELETE",
  path: user,
  retry: "safe",
  accepts: deleted,
  faults: { 404: "user-not-found" },
  subject: aUser,
  decode: undefined,
};

export const initiateAuth: Endpoint<NewAuthentication, Initiation> = {
  operation: "InitiateAuth",
  operationClass: "authentication",
  method: "POST",
  path: auth,
  retry: "unsent-only",
  accepts: created,
  body: ({ method }) => ({ method }),
  faults: { 404: "user-not-found" },
  subject: aUser,
  decode: initiationFromJson,
};

export const verifyPin: Endpoint<Guess, Verification> = {
  operation: "VerifyPin",
  operationClass: "authentication",
  method: "PUT",
  path: auth,
  // A PUT, but a guess that is sent twice burns the user's PIN.
  retry: "unsent-only",
  accepts: [200],
  body: ({ pin, method, authId }) => ({ token: pin, method, auth_id: authId }),
  faults: { 404: ({ authId }) => (authId === undefined ? "user-not-found" : "verification-not-found") },
  subject: (params) =>
    params.authId === undefined ? aUser(params) : { type: "verigate.v1.Authentication", name: params.authId },
  decode: verificationFromJson,
};
