import { gzipSync } from "node:zlib";
import { type DescMessage, fromJson, type JsonValue, toBinary } from "@bufbuild/protobuf";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import fc from "fast-check";
import { enveloped } from "../src/raw-http.ts";
import { faultsOfProvider } from "./answering-provider.ts";
import type { WireRequest } from "./wire-answer.ts";

const methods = [ServiceAPI, UserAPI, AuthAPI].flatMap(({ methods: ofService }) => ofService);
const requestId = "6c6a2c1e-0b6f-4a7e-9d57-0d1b2b6b8c11";

const ids = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("s1", "many", "many", "ä/ö", "a b") },
  { weight: 3, arbitrary: fc.constantFrom(...faultsOfProvider) },
  { weight: 1, arbitrary: fc.constantFrom("", ".", "..", "x".repeat(257), "tab\there", "line\n") },
);

/** Values of fields, right ones mostly. */
const values: Readonly<Record<string, fc.Arbitrary<JsonValue>>> = {
  serviceId: ids,
  userId: ids,
  fqdn: fc.constantFrom("shop.example.com", "no host", ""),
  name: fc.constantFrom("Shop", "", "\u{1f6d2}"),
  phoneNumber: fc.constantFrom("+37255555555", "55555555", "+1"),
  idInService: fc.constantFrom("anna", "", "ä"),
  pin: fc.constantFrom("0123", "1", "12345678901234567", "12a4"),
  method: fc.constantFrom("AUTH_METHOD_SMS", "AUTH_METHOD_TOTP", "AUTH_METHOD_UNSPECIFIED", 1, 99, "NO_SUCH"),
  pageSize: fc.constantFrom(0, 1, 1_000, 1_000, 1_000, 1_000, -1, 2 ** 31 - 1, 1.5),
  pageToken: fc.constantFrom("", "", "", "not a token"),
  authId: fc.constantFrom("a1", ""),
  requestId: fc.constantFrom("", requestId, "not a uuid"),
  endUser: fc.constantFrom({ ip: "192.0.2.1" }, { ip: "nowhere" }, {}),
};

/** What no field takes, or takes in another way than one may think. */
const oddValues = fc.constantFrom<JsonValue>(null, true, 7, "7", [], {}, ["x"], -0, "\ud800");

/** A message of a method as JSON: some of its fields, now and then one that is wrong. */
function messageJson(input: DescMessage): fc.Arbitrary<Record<string, JsonValue>> {
  const right = fc.record(
    Object.fromEntries(input.fields.map(({ jsonName }) => [jsonName, values[jsonName] ?? fc.constant("x")])),
    { noNullPrototype: true },
  ) as fc.Arbitrary<Record<string, JsonValue>>;
  const names = input.fields.flatMap(({ name, jsonName }) => [name, jsonName]);
  const odd = fc.dictionary(fc.constantFrom(...names, "requestID", "unknown", "__proto__"), oddValues, { maxKeys: 1 });
  return fc.oneof(
    { weight: 4, arbitrary: right },
    { weight: 1, arbitrary: fc.tuple(right, odd).map(([all, one]) => ({ ...all, ...one })) },
    { weight: 1, arbitrary: right.map((all) => Object.fromEntries(Object.entries(all).slice(0, 1))) },
  );
}

/** The most bytes of a message. */
const bytesMax = 64 * 1024;

/** With spaces, which mean nothing in JSON. */
function paddedTo(length: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, length - bytes.byteLength), " ")]);
}

const bodyChanges: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((bytes: Uint8Array) => bytes) },
  { weight: 1, arbitrary: fc.nat(20).map((count) => (bytes: Uint8Array) => bytes.subarray(0, -1 - count)) },
  { weight: 1, arbitrary: fc.constant((bytes: Uint8Array) => Buffer.concat([bytes, Buffer.of(0xfa, 0x7f, 1, 0)])) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(60), fc.nat(255)).map(([at, byte]) => (bytes: Uint8Array) => {
      const changed = Buffer.from(bytes);
      changed[at % Math.max(1, changed.byteLength)] = byte;
      return changed;
    }),
  },
  { weight: 1, arbitrary: fc.constant((bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(70_000, 0x20)])) },
  { weight: 1, arbitrary: fc.constant((bytes: Uint8Array) => Buffer.concat([Buffer.from("\ufeff"), bytes])) },
  { weight: 1, arbitrary: fc.nat(6).map((over) => (bytes: Uint8Array) => paddedTo(bytesMax + over - 1, bytes)) },
  { weight: 1, arbitrary: fc.constant(() => new Uint8Array()) },
);

type Framing = (message: Uint8Array) => Uint8Array;
const framings: fc.Arbitrary<Framing> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Framing>((message) => enveloped(message)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Framing>(
      (message) => enveloped(gzipSync(message), 1),
      (message) => enveloped(message, 1),
      (message) => enveloped(message, 2),
      (message) => enveloped(message, 0x80),
      (message) => Buffer.concat([enveloped(message), enveloped(message)]),
      (message) => enveloped(message).subarray(0, -1),
      (message) => Buffer.concat([enveloped(message), Buffer.of(0)]),
      (message) => message,
    ),
  },
);

const contentTypes = {
  grpc: [
    "application/grpc",
    "application/grpc+proto",
    "application/grpc+json",
    "Application/GRPC",
    "application/grpc;x=1",
  ],
  web: ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web+json"],
  connect: ["application/proto", "application/json", "application/json; charset=utf-8", "Application/Json"],
  other: ["text/plain", "application/connect+json", "", "__proto__"],
} as const;
type Kind = keyof typeof contentTypes;

const encodings = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom("identity", "gzip", "br", "nonsense", "") },
);
const accepted = fc.constantFrom(undefined, "gzip", "br, gzip", "identity", "gzip;q=0");
const timeouts = fc.oneof(
  { weight: 8, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom("20S", "20000", "nonsense", "99999999999") },
);

/** Good and bad requests: of every method, protocol, encoding and framing. */
const anyRequests: fc.Arbitrary<WireRequest> = fc
  .record({
    method: fc.constantFrom(...methods),
    kind: fc.oneof(
      { weight: 5, arbitrary: fc.constant<Kind>("grpc") },
      { weight: 5, arbitrary: fc.constant<Kind>("connect") },
      { weight: 1, arbitrary: fc.constantFrom<Kind>("web", "other") },
    ),
    httpVersion: fc.constantFrom(1 as const, 2 as const, 2 as const),
    verb: fc.oneof(
      { weight: 20, arbitrary: fc.constant("POST") },
      { weight: 1, arbitrary: fc.constantFrom("GET", "PUT") },
    ),
    suffix: fc.oneof(
      { weight: 20, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: fc.constantFrom("?x=1", "/", "x", "?") },
    ),
    isBinary: fc.boolean(),
    change: bodyChanges,
    framing: framings,
    encoding: encodings,
    accepted,
    timeout: timeouts,
    isCompressed: fc.boolean(),
  })
  .chain((given) =>
    fc
      .tuple(messageJson(given.method.input), fc.constantFrom(...contentTypes[given.kind]))
      .map(([json, contentType]) => requestFrom(given, json, contentType)),
  );

/** Good ones whose answers are worth compressing, which hardly ever come by chance. */
const requestsForMuch: fc.Arbitrary<WireRequest> = fc
  .record({
    contentType: fc.constantFrom("application/grpc", "application/proto", "application/json"),
    httpVersion: fc.constantFrom(1 as const, 2 as const),
    accepted,
  })
  .map(({ contentType, ...given }) =>
    requestFrom(
      {
        ...given,
        method: UserAPI.method.listUsers,
        kind: contentType === "application/grpc" ? "grpc" : "connect",
        verb: "POST",
        suffix: "",
        isBinary: contentType !== "application/json",
        change: (bytes) => bytes,
        framing: (message) => enveloped(message),
        encoding: undefined,
        timeout: undefined,
        isCompressed: false,
      },
      { serviceId: "many", pageSize: 1_000 },
      contentType,
    ),
  );

/** Requests as they could come. */
export const wireRequests: fc.Arbitrary<WireRequest> = fc.oneof(
  { weight: 40, arbitrary: anyRequests },
  { weight: 1, arbitrary: requestsForMuch },
);

interface Given {
  readonly method: (typeof methods)[number];
  readonly kind: Kind;
  readonly httpVersion: 1 | 2;
  readonly verb: string;
  readonly suffix: string;
  readonly isBinary: boolean;
  readonly change: (bytes: Uint8Array) => Uint8Array;
  readonly framing: Framing;
  readonly encoding: string | undefined;
  readonly accepted: string | undefined;
  readonly timeout: string | undefined;
  readonly isCompressed: boolean;
}

function requestFrom(given: Given, json: Record<string, JsonValue>, contentType: string): WireRequest {
  const { method, kind, httpVersion, verb, suffix, encoding, timeout } = given;
  const isJson = /json/i.test(contentType);
  const message = given.change(isJson ? Buffer.from(JSON.stringify(json)) : binaryFrom(method.input, json));
  const isFramed = kind === "grpc" || kind === "web";
  const whole = isFramed ? given.framing(message) : message;
  const body = !isFramed && encoding === "gzip" && given.isCompressed ? gzipSync(whole) : whole;
  const headers: Record<string, string> = {
    ...(contentType === "" ? {} : { "content-type": contentType }),
    ...(kind === "grpc" ? { te: "trailers" } : {}),
    ...(encoding === undefined ? {} : { [isFramed ? "grpc-encoding" : "content-encoding"]: encoding }),
    ...(given.accepted === undefined
      ? {}
      : { [isFramed ? "grpc-accept-encoding" : "accept-encoding"]: given.accepted }),
    ...(timeout === undefined ? {} : { [isFramed ? "grpc-timeout" : "connect-timeout-ms"]: timeout }),
  };
  const path = `/${method.parent.typeName}/${method.name}${suffix}`;
  return { httpVersion, verb, path, headers, body: verb === "GET" ? new Uint8Array() : body };
}

/** In binary, as far as the fields can be said in it. */
function binaryFrom(input: DescMessage, json: Record<string, JsonValue>): Uint8Array {
  const fields = Object.entries(json).flatMap(([name, value]) => {
    try {
      return [toBinary(input, fromJson(input, { [name]: value }))];
    } catch {
      return [];
    }
  });
  return Buffer.concat(fields);
}
