import type { FaultOwner, OperationClass } from "@verigate/call";
import { AuthAPI, ErrorReason, nameOfReason, ServiceAPI, UserAPI } from "@verigate/contract";
import type { LabelSet } from "./metric-entry.ts";

/** An RPC in the words of gRPC's own dashboards. */
export interface RpcMethod {
  readonly service: string;
  readonly method: string;
  readonly type: "unary" | "server_stream" | "bidi_stream";
}

/** The nine RPCs of the contract. */
export const contractMethods: readonly RpcMethod[] = [ServiceAPI, UserAPI, AuthAPI].flatMap(({ typeName, methods }) =>
  methods.map(({ name }) => ({ service: typeName, method: name, type: "unary" as const })),
);

/** Every RPC that the gateway can serve. */
export const rpcMethods: readonly RpcMethod[] = [
  ...contractMethods,
  { service: "grpc.health.v1.Health", method: "Check", type: "unary" },
  { service: "grpc.health.v1.Health", method: "List", type: "unary" },
  { service: "grpc.health.v1.Health", method: "Watch", type: "server_stream" },
  { service: "grpc.reflection.v1.ServerReflection", method: "ServerReflectionInfo", type: "bidi_stream" },
];

/** What stands for a method, and its service, that does not exist. */
export const unknownName = "unknown";

export const grpcServices: LabelSet = {
  values: [...new Set(rpcMethods.map(({ service }) => service))],
  fallback: unknownName,
  words: "the full names of the services that are served",
};
export const grpcMethods: LabelSet = {
  values: rpcMethods.map(({ method }) => method),
  fallback: unknownName,
  words: "the names of their methods",
};
export const grpcTypes: LabelSet = { values: ["unary", "server_stream", "bidi_stream"] };
export const grpcCodes: LabelSet = {
  values: [
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
  ],
  fallback: unknownName,
  words: "`OK` and the other codes of gRPC, such as `NotFound`",
};

/** The names of ErrorInfo, as docs/errors.md lists them. */
export const errorReasons: LabelSet = {
  values: Object.values(ErrorReason)
    .filter((reason) => typeof reason === "number" && reason !== ErrorReason.UNSPECIFIED)
    .map((reason) => nameOfReason(reason as ErrorReason)),
  fallback: unknownName,
  words: "the reasons of [errors.md](errors.md)",
};

const faultOwners: readonly FaultOwner[] = ["caller", "gateway", "capacity", "upstream"];
export const errorOwners: LabelSet = { values: faultOwners };

/** The reasons that are not the caller's doing, and whose they are: what alerts look at. */
export const errorsOfOurs: readonly { readonly reason: string; readonly owner: FaultOwner }[] = [
  { reason: "UPSTREAM_CREDENTIALS_REJECTED", owner: "gateway" },
  { reason: "UPSTREAM_FORBIDDEN", owner: "gateway" },
  { reason: "STORE_UNAVAILABLE", owner: "gateway" },
  { reason: "CALLER_UNAUTHENTICATED", owner: "gateway" },
  { reason: "GATEWAY_BUG", owner: "gateway" },
  { reason: "SHUTTING_DOWN", owner: "capacity" },
  { reason: "OVERLOADED", owner: "capacity" },
  { reason: "UPSTREAM_RATE_LIMITED", owner: "capacity" },
  { reason: "UPSTREAM_CIRCUIT_OPEN", owner: "upstream" },
  { reason: "UPSTREAM_UNREACHABLE", owner: "upstream" },
  { reason: "UPSTREAM_FAILED", owner: "upstream" },
  { reason: "UPSTREAM_BAD_RESPONSE", owner: "upstream" },
  { reason: "OUTCOME_UNKNOWN", owner: "upstream" },
];

/** Methods whose requests have a request_id, which the contract's own descriptors say. */
export const requestIdMethods: LabelSet = {
  values: [ServiceAPI, UserAPI, AuthAPI]
    .flatMap(({ methods }) => methods)
    .filter(({ input }) => input.fields.some(({ name }) => name === "request_id"))
    .map(({ name }) => name),
};

/** At most so many services have series of their own. */
export const serviceIdsMax = 20;
export const serviceIds: LabelSet = {
  values: ["other"],
  fallback: "other",
  words: "the ids in `VERIGATE_METRICS_SERVICES`",
};

export const authMethods: LabelSet = { values: ["sms", "totp"], fallback: unknownName };

export const operations: LabelSet = { values: contractMethods.map(({ method }) => method) };
export const operationClasses: readonly OperationClass[] = ["authentication", "directory", "list"];
export const classes: LabelSet = { values: operationClasses };
