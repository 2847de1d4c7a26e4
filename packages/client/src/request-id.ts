import { randomUUID } from "node:crypto";
import { clone, isFieldSet } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Interceptor } from "@connectrpc/connect";

/**
 * Gives every request that has a field `request_id` a fresh UUID, unless the
 * caller gave it one (AIP-155). The caller's message stays as it is: a copy is sent.
 */
export const fillRequestId: Interceptor = (next) => (req) => {
  const field = req.method.input.field.requestId;
  if (req.stream || field === undefined || isFieldSet(req.message, field)) return next(req);
  const message = clone(req.method.input, req.message);
  reflect(req.method.input, message).set(field, randomUUID());
  return next({ ...req, message });
};
