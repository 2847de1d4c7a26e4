import { randomUUID } from "node:crypto";
import { create, isFieldSet } from "@bufbuild/protobuf";
import type { Interceptor } from "@connectrpc/connect";

/**
 * Gives every request that has a field `request_id` a fresh UUID, unless the
 * caller gave it one (AIP-155). The caller's message stays as it is: a copy is sent.
 */
export const fillRequestId: Interceptor = (next) => (req) => {
  const field = req.method.input.field.requestId;
  if (req.stream || field === undefined || isFieldSet(req.message, field)) return next(req);
  // One level deep is enough: nothing below it is written, here or where it is sent.
  const message = Object.assign(create(req.method.input), req.message, { requestId: randomUUID() });
  return next({ ...req, message });
};
