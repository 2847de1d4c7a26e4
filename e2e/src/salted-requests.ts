import { enveloped, exchangeBytes, http2Request } from "./raw-http.ts";
import { saltedHeaders } from "./salted-calls.ts";
import { phoneNumber, salts } from "./salts.ts";

const { pin, phone, field, id, phoneAsId } = salts;
const verifyPin = "/verigate.v1.AuthAPI/VerifyPin";
const initiateAuth = "/verigate.v1.AuthAPI/InitiateAuth";
const json = { "content-type": "application/json" };
const both = `${pin.text} ${phone.text}`;

interface SaltedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Bodies that are no messages, as JSON. */
const jsonBodies: readonly string[] = [
  JSON.stringify({ pin: Number(pin.text), userId: id.text }),
  JSON.stringify({ serviceId: { phone: phone.text }, pin: [pin.text] }),
  JSON.stringify({ serviceId: id.text, unknown: pin.text }),
  JSON.stringify({ serviceId: id.text, [field.text]: phoneNumber }),
  JSON.stringify({ requestId: Number(phone.text) }),
  JSON.stringify([pin.text, phone.text]),
  JSON.stringify(pin.text),
  `{"pin":"${pin.text}"`,
  `{"pin":"${pin.text}","pin":"${phone.text}"}`,
  `{"pin":${pin.text}${phone.text}}`,
  `${both}`,
  `{"pin":"\\ud800${pin.text}"}`,
];

/** Bytes that are no messages, as Protobuf: a length that is too long, a group, a string that is no UTF-8. */
const protoBodies: readonly Uint8Array[] = [
  Buffer.from(both),
  Buffer.concat([Buffer.from([0x0a, 0x7f]), Buffer.from(both)]),
  Buffer.concat([Buffer.from([0x0b]), Buffer.from(both)]),
  Buffer.concat([Buffer.from([0x1a, both.length + 1, 0xff]), Buffer.from(both)]),
];

const rpcTypes = {
  connectJson: "application/json",
  connectProto: "application/proto",
  grpcJson: "application/grpc+json",
  grpcProto: "application/grpc",
  webProto: "application/grpc-web",
} as const;

const of = (type: string, body: string | Uint8Array, flags?: number): SaltedRequest => ({
  headers: { ":path": verifyPin, "content-type": type, te: "trailers" },
  body: type.includes("grpc") ? enveloped(Buffer.from(body), flags) : body,
});

const wellFormed = JSON.stringify({ serviceId: id.text, userId: phoneAsId.text, pin: pin.text });
const query = new URLSearchParams({
  encoding: "json",
  message: JSON.stringify({ serviceId: pin.text }),
  [phone.text]: both,
});

/** Requests that no library sends, with salts wherever a request can have something. */
const http2Requests: readonly SaltedRequest[] = [
  ...jsonBodies.flatMap((body) => [of(rpcTypes.connectJson, body), of(rpcTypes.grpcJson, body)]),
  ...jsonBodies.map((body) => ({
    headers: { ":path": initiateAuth, ...json },
    body: body.replace('"pin"', '"method"'),
  })),
  ...protoBodies.flatMap((body) =>
    [rpcTypes.connectProto, rpcTypes.grpcProto, rpcTypes.webProto].map((type) => of(type, body)),
  ),
  // Not compressed, but said to be; and larger than a message may be.
  of(rpcTypes.grpcProto, both, 1),
  of(rpcTypes.connectJson, JSON.stringify({ serviceId: both.repeat(4_000) })),
  of(rpcTypes.grpcProto, both.repeat(4_000)),
  { headers: { ":path": verifyPin, ...json, "content-encoding": phone.text }, body: wellFormed },
  { headers: { ":path": verifyPin, ...json, "content-encoding": "gzip" }, body: wellFormed },
  // What belongs to no protocol, and to no method.
  { headers: { ":path": verifyPin, "content-type": `application/${phone.text}` }, body: wellFormed },
  { headers: { ":path": verifyPin, "content-type": `application/json; charset=${pin.text}` }, body: wellFormed },
  { headers: { ":path": `/verigate.v1.AuthAPI/${phone.text}`, ...json }, body: wellFormed },
  { headers: { ":path": `/${phone.text}/${pin.text}?pin=${pin.text}`, ...json }, body: wellFormed },
  { headers: { ":path": `${verifyPin}?pin=${pin.text}`, ...json }, body: wellFormed },
  { headers: { ":method": "GET", ":path": `/verigate.v1.ServiceAPI/GetService?${query}` }, body: "" },
  {
    headers: {
      ":method": "GET",
      ":path": `/verigate.v1.ServiceAPI/GetService?message=%7B${pin.text}&encoding=${phone.text}`,
    },
    body: "",
  },
  { headers: { ":method": "DELETE", ":path": `${verifyPin}?${query}` }, body: "" },
  // Headers that are looked at.
  { headers: { ":path": verifyPin, ...json, "connect-timeout-ms": phone.text }, body: wellFormed },
  { headers: { ":path": verifyPin, ...json, "connect-protocol-version": pin.text }, body: wellFormed },
  { headers: { ":path": verifyPin, ...json, "accept-encoding": phone.text }, body: wellFormed },
  {
    headers: { ":path": verifyPin, "content-type": rpcTypes.grpcProto, "grpc-timeout": both },
    body: enveloped(Buffer.from(both)),
  },
  {
    headers: { ":path": verifyPin, "content-type": rpcTypes.grpcProto, "grpc-encoding": phone.text },
    body: enveloped(Buffer.from(both), 1),
  },
  { headers: { ":path": verifyPin, ...json, origin: `https://${phone.text}.example` }, body: wellFormed },
  { headers: { ":path": verifyPin, ...json, traceparent: `00-${phone.text}-${pin.text}-01` }, body: wellFormed },
  {
    headers: { ":authority": `${phone.text}.example:${pin.text.slice(0, 4)}`, ":path": verifyPin, ...json },
    body: wellFormed,
  },
];

const http1 = (line: string, ...lines: string[]) => `${[line, ...lines].join("\r\n")}\r\n\r\n`;
const post = `POST ${verifyPin} HTTP/1.1`;

/** What is refused before there is a request. */
const http1Requests: readonly string[] = [
  http1(`${pin.text} ${phone.text}`),
  http1(`GET /${phone.text}?pin=${pin.text} HTTP/9.9`, `host: ${phone.text}`),
  http1(post, "host: localhost", `content-length: ${phone.text}x`),
  http1(post, "host: localhost", `transfer-encoding: ${pin.text}`, "connection: close"),
  http1(post, "host: localhost", `${both}`),
  http1(post, `host: ${phone.text}.example`, "connection: close", "content-length: 0"),
  http1(post, "host: localhost", `x: ${both.repeat(2_000)}`),
  http1(
    `POST ${verifyPin}?pin=${pin.text} HTTP/1.1`,
    "host: localhost",
    "content-type: application/json",
    "connection: close",
    "content-length: 5",
  ) + pin.text,
];

/** Sends all of them, and fulfils with all that came back, as text. */
export async function sendSaltedRequests(authority: string): Promise<readonly string[]> {
  const port = Number(authority.split(":").at(-1));
  const answers: string[] = [];
  for (const { headers, body } of http2Requests) {
    const answer = await http2Request(authority, { ...saltedHeaders, ...headers }, Buffer.from(body));
    answers.push(`${JSON.stringify([answer.headers, answer.trailers])} ${answer.body.toString("latin1")}`);
  }
  for (const bytes of http1Requests) {
    answers.push(await exchangeBytes(port, bytes));
  }
  return answers;
}
