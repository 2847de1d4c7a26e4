import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import type { Fault } from "@verigate/call";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  errorDomain,
  nameOfReason,
  nameOfStep,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from "@verigate/contract";
import { errorCatalogue } from "./error-catalogue.ts";

/**
 * The one place where a fault becomes a status. Nothing of `fault.message` or
 * `fault.cause` gets into it: they are for the log.
 */
export function connectErrorFromFault(fault: Fault): ConnectError {
  const { code, reason, next, message } = errorCatalogue[fault.kind];
  const error = new ConnectError(fault.publicMessage ?? message, code);
  const { details } = error;
  const add = <Desc extends DescMessage>(desc: Desc, value: MessageInitShape<Desc>) => details.push({ desc, value });

  add(ErrorInfoSchema, { reason: nameOfReason(reason), domain: errorDomain, metadata: { next: nameOfStep(next) } });
  if (fault.violations.length > 0) {
    add(BadRequestSchema, { fieldViolations: [...fault.violations] });
  }
  if (fault.resource !== undefined) {
    const { type, name } = fault.resource;
    add(ResourceInfoSchema, { resourceType: type, resourceName: name });
  }
  if (fault.quota !== undefined) {
    add(QuotaFailureSchema, { violations: [fault.quota] });
  }
  if (fault.retryAfterMs !== undefined) {
    add(RetryInfoSchema, { retryDelay: durationFromMs(fault.retryAfterMs) });
  }
  return error;
}

function durationFromMs(ms: number): MessageInitShape<typeof DurationSchema> {
  const wholeMs = Math.ceil(ms);
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(wholeMs / 1_000)),
    nanos: (wholeMs % 1_000) * 1_000_000,
  });
}
