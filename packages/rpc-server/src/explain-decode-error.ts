import { type DescMessage, fromBinary, fromJsonString, type JsonReadOptions } from "@bufbuild/protobuf";
import { isFieldError } from "@bufbuild/protobuf/reflect";
import { Fault, type FieldViolation } from "@verigate/call";

/**
 * How JSON requests are read: a field that the contract does not know is an
 * error, or a misspelt requestId would silently lose its protection; and so is
 * text that is not UTF-8.
 */
export const jsonReadOptions: Partial<JsonReadOptions> & { readonly textDecoder: InstanceType<typeof TextDecoder> } = {
  ignoreUnknownFields: false,
  textDecoder: new TextDecoder("utf-8", { fatal: true }),
};

/**
 * Says why `bytes` are not a message, naming the field. The library's own
 * message is of no use: it quotes values, and a value may be a PIN.
 */
export function explainDecodeError(desc: DescMessage, isBinary: boolean, bytes: Uint8Array): Fault {
  try {
    if (isBinary) {
      fromBinary(desc, bytes);
    } else {
      fromJsonString(desc, jsonReadOptions.textDecoder.decode(bytes), jsonReadOptions);
    }
  } catch (error) {
    const violation = violationFromError(desc, error);
    return violation === undefined
      ? new Fault("invalid-request", { publicMessage: notDecodable(isBinary) })
      : new Fault("invalid-request", {
          publicMessage: `${violation.field}: ${violation.description}`,
          violations: [violation],
        });
  }
  return new Fault("invalid-request", { publicMessage: "the request is not a message of its protocol" });
}

function notDecodable(isBinary: boolean): string {
  return isBinary ? "the message is not valid Protobuf" : "the message is not valid JSON in UTF-8";
}

function violationFromError(desc: DescMessage, error: unknown): FieldViolation | undefined {
  if (!(error instanceof Error)) {
    return undefined;
  }
  if (isFieldError(error.cause)) {
    return { field: error.cause.field().name, description: "has a value of another type" };
  }
  const enumName = /^cannot decode enum (\S+) from JSON/.exec(error.message)?.[1];
  const ofEnum = desc.fields.find((field) => field.enum !== undefined && field.enum.typeName === enumName);
  if (ofEnum !== undefined) {
    return { field: ofEnum.name, description: "has a name that the contract does not know" };
  }
  const unknownKey = /: key "([^"]*)" is unknown$/.exec(error.message)?.[1];
  return unknownKey === undefined
    ? undefined
    : { field: unknownKey.slice(0, 100).toWellFormed(), description: "is no field of the request" };
}
