import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  type ErrorReason,
  errorDomain,
  nameOfReason,
  nameOfStep,
  RetryInfoSchema,
} from "@verigate/contract";
import type { FieldViolation } from "../error-reason.ts";
import { reasonTable } from "./reason-table.ts";

/** A reason that an error can have. */
export type FakeReason = keyof typeof reasonTable;

export interface GatewayErrorOptions {
  /** Default: the reason's own. OUTCOME_UNKNOWN is DEADLINE_EXCEEDED where the caller's deadline passed. */
  readonly code?: Code | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly violations?: readonly FieldViolation[];
}

/** An error as the gateway makes it: exactly one ErrorInfo, and the details that help. */
export function gatewayError(reason: FakeReason, options: GatewayErrorOptions = {}): ConnectError {
  const { code, next } = reasonTable[reason];
  const { retryAfterMs, violations } = options;
  const name = nameOfReason(reason);
  const error = new ConnectError(`${name} (fake)`, options.code ?? code, undefined, [
    { desc: ErrorInfoSchema, value: { domain: errorDomain, reason: name, metadata: { next: nameOfStep(next) } } },
  ]);
  if (retryAfterMs !== undefined) {
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay: durationFromMs(retryAfterMs) } });
  }
  if (violations !== undefined) {
    error.details.push({ desc: BadRequestSchema, value: { fieldViolations: violations.map((one) => ({ ...one })) } });
  }
  return error;
}

/** Whether a repeat with the same request_id gets `reason` again. */
export function isRecorded(reason: ErrorReason | undefined): boolean {
  return reason !== undefined && reason in reasonTable && reasonTable[reason as FakeReason].isRecorded;
}
