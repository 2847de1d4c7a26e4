import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import { ErrorReason } from "@verigate/contract";
import { gatewayError } from "./gateway-error.ts";

const validator = createValidator();

/** Refuses requests that break a rule of the contract. */
export const validateRequests: Interceptor = (next) => (req) => {
  if (req.stream) return next(req);
  const result = validator.validate(req.method.input, req.message);
  if (result.kind === "error") throw result.error;
  if (result.kind === "valid") return next(req);
  const violations = result.violations.map(({ field, message }) => ({
    field: pathToString(field),
    description: message,
  }));
  throw gatewayError(ErrorReason.INVALID_REQUEST, { violations });
};
