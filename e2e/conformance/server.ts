/**
 * A server for the conformance suite: our server kit, around the suite's own
 * service. It is started by the suite, once for each way in which it wants a server
 * to be: what it wants comes in by standard input, where it listens goes out.
 *
 *     node server.ts DESCRIPTORS lean|router
 */
import {
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { type Fault, systemClock } from "@verigate/call";
import { connectErrorFromFault, createFrontDoor, deadline, openPort, rescue } from "@verigate/rpc-server";
import { createAnswerMetadata } from "./answer-metadata.ts";
import { streamingMethods } from "./streaming-methods.ts";
import { suiteMessage, suiteTypesFromFile } from "./suite-types.ts";
import { unaryMethods } from "./unary-methods.ts";

/** A request of the suite to start a server, in JSON. */
interface WantedJson {
  readonly useTls?: boolean;
  /** PEM in Base64, as bytes are in JSON. */
  readonly clientTlsCert?: string;
  readonly serverCreds?: { readonly cert: string; readonly key: string };
  readonly messageReceiveLimit?: number;
}

/** More than any call of the suite takes. */
const longMs = 60_000;
const requestBytesMax = 1024 * 1024;

const [descriptors = "", door] = process.argv.slice(2);
const types = suiteTypesFromFile(descriptors);
const wanted = await readWanted();
const never = new AbortController().signal;
const metadata = createAnswerMetadata();

const frontDoor = createFrontDoor({
  clock: systemClock,
  services: [unaryMethods(types, metadata)],
  routes: [streamingMethods(types)],
  isLean: door === "lean",
  inbound: [
    metadata.layer,
    rescue(errorFromFault),
    deadline({ clock: systemClock, defaultMs: longMs, maxMs: longMs, shutdown: never }),
  ],
  requestBytesMax: wanted.messageReceiveLimit ?? requestBytesMax,
  shutdown: never,
  anyTypes: types,
});
const { address } = await openPort({
  address: { kind: "tcp", host: "127.0.0.1", port: 0 },
  frontDoor,
  onRefused: () => {},
  age: { clock: systemClock, maxMs: 0, graceMs: 0, random: Math.random },
  ...tlsOf(wanted),
});
if (address.kind !== "tcp") {
  throw new Error("it does not listen at a port");
}
writeStarted({
  host: "127.0.0.1",
  port: address.port,
  ...(wanted.useTls === true ? { pemCert: wanted.serverCreds?.cert ?? "" } : {}),
});

/**
 * Errors that a method was asked to fail with are said as they are. Those of the
 * kit itself lose their details, of which the suite allows none.
 */
function errorFromFault(fault: Fault): ConnectError {
  if (fault.cause instanceof ConnectError && fault.kind === "gateway-bug") {
    return fault.cause;
  }
  const error = connectErrorFromFault(fault);
  error.details = [];
  return error;
}

function tlsOf({ serverCreds, clientTlsCert }: WantedJson) {
  if (serverCreds === undefined) {
    return {};
  }
  const clients =
    clientTlsCert === undefined ? {} : { ca: pem(clientTlsCert), requestCert: true, rejectUnauthorized: true };
  return { tls: { cert: pem(serverCreds.cert), key: pem(serverCreds.key), ...clients } };
}

function pem(base64: string): Buffer {
  return Buffer.from(base64, "base64");
}

/** Both messages stand behind their length, in four bytes. */
async function readWanted(): Promise<WantedJson> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    const all = Buffer.concat(chunks);
    if (all.byteLength >= 4 && all.byteLength >= 4 + all.readUInt32BE()) {
      return asJson(types, suiteMessage(types, "ServerCompatRequest"), all.subarray(4, 4 + all.readUInt32BE()));
    }
  }
  throw new Error("the suite did not say what server it wants");
}

function asJson(registry: FileRegistry, desc: DescMessage, bytes: Uint8Array): WantedJson {
  return toJson(desc, fromBinary(desc, bytes), { registry }) as WantedJson;
}

function writeStarted(started: JsonValue): void {
  const desc = suiteMessage(types, "ServerCompatResponse");
  const bytes = toBinary(desc, fromJson(desc, started));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.byteLength);
  process.stdout.write(Buffer.concat([length, bytes]));
}
