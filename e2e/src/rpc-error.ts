import { toJson } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "@verigate/contract";

/** An error as a program sees it. */
export interface RpcError {
  readonly code: string;
  /** Every ErrorInfo, as `domain/reason -> next`. There has to be one. */
  readonly infos: readonly string[];
  /** Fields that a BadRequest names. */
  readonly fields: readonly string[];
  /** ResourceInfos, as `type name`. */
  readonly resources: readonly string[];
  /** Violations of QuotaFailures, as `subject; description`. */
  readonly quotas: readonly string[];
  /** Delays of RetryInfos, as in JSON: `3s`. */
  readonly retryDelays: readonly unknown[];
}

/** How a call failed; an Error where it did not. */
export async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) {
    throw new Error("the call succeeded");
  }
  return ConnectError.from(error);
}

export function rpcErrorFrom(error: ConnectError): RpcError {
  return {
    code: Code[error.code] ?? "",
    infos: error
      .findDetails(ErrorInfoSchema)
      .map(({ domain, reason, metadata }) => `${domain}/${reason} -> ${metadata.next}`),
    fields: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field)),
    resources: error
      .findDetails(ResourceInfoSchema)
      .map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`),
    quotas: error
      .findDetails(QuotaFailureSchema)
      .flatMap(({ violations }) => violations.map(({ subject, description }) => `${subject}; ${description}`)),
    retryDelays: error
      .findDetails(RetryInfoSchema)
      .map((info) => (toJson(RetryInfoSchema, info) as { retryDelay?: unknown }).retryDelay),
  };
}

export async function rpcErrorOf(call: Promise<unknown>): Promise<RpcError> {
  return rpcErrorFrom(await failureOf(call));
}

/** The error of a row of the contract's table. */
export function rpcError(code: string, reason: string, next: string, more: Partial<RpcError> = {}): RpcError {
  return {
    code,
    infos: [`verigate/${reason} -> ${next}`],
    fields: [],
    resources: [],
    quotas: [],
    retryDelays: [],
    ...more,
  };
}

/** All that an error tells, for a search in it. */
export function textOfError(error: ConnectError): string {
  const details = error.details.map((detail) =>
    "desc" in detail ? JSON.stringify(detail.value) : `${detail.type} ${Buffer.from(detail.value).toString("latin1")}`,
  );
  return [error.message, ...details, [...error.metadata].join("\n")].join("\n");
}
