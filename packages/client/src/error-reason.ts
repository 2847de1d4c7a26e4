import { ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  ErrorReason,
  errorDomain,
  type NextStep,
  reasonFromName,
  stepFromName,
} from "@verigate/contract";

/** A field of a request that breaks a rule of the contract. */
export interface FieldViolation {
  /** The field's name in the contract: `phone_number`. */
  readonly field: string;
  /** What is wrong with it, for people. */
  readonly description: string;
}

/**
 * Why the gateway let a call fail. Undefined where it was not the gateway that
 * did (a lost connection, a proxy, no error of a call at all), or where it is
 * newer than this package and names a reason that this one does not know.
 */
export function reasonOf(error: unknown): ErrorReason | undefined {
  const info = errorInfoOf(error);
  return info === undefined ? undefined : reasonFromName(info.reason);
}

/** What the gateway advises to do about an error, even one whose reason this package does not know. Undefined where it was not the gateway that failed the call. */
export function nextStepOf(error: unknown): NextStep | undefined {
  const name = errorInfoOf(error)?.metadata.next;
  return name === undefined ? undefined : stepFromName(name);
}

/** The fields that made a request INVALID_REQUEST; empty for every other error. */
export function fieldViolations(error: unknown): readonly FieldViolation[] {
  if (!(error instanceof ConnectError)) return [];
  return error
    .findDetails(BadRequestSchema)
    .flatMap((detail) => detail.fieldViolations)
    .map(({ field, description }) => ({ field, description }));
}

const notFound: ReadonlySet<ErrorReason | undefined> = new Set([
  ErrorReason.SERVICE_NOT_FOUND,
  ErrorReason.USER_NOT_FOUND,
  ErrorReason.VERIFICATION_NOT_FOUND,
]);

/** Whether the service, the user or the authentication does not exist. False for a mere 404 of some proxy. */
export function isNotFound(error: unknown): boolean {
  return notFound.has(reasonOf(error));
}

/** The gateway's own ErrorInfo; one of another domain is a proxy's and says nothing about the call. */
export function errorInfoOf(error: unknown): ErrorInfo | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  return error.findDetails(ErrorInfoSchema).find((info) => info.domain === errorDomain);
}
