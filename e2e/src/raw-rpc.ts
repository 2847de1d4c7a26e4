import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromJson } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import { enveloped, http2Request } from "./raw-http.ts";
import type { RpcProtocol } from "./rpc-client.ts";

/** A request as it goes over the wire: for what no library would send. */
export interface RawCall {
  readonly protocol: RpcProtocol;
  /** `ServiceAPI/GetService` of verigate.v1. */
  readonly method: string;
  readonly encoding: "json" | "proto";
  /** The message, which is framed where the protocol does that. */
  readonly message: Uint8Array | string;
  /** Flag of the frame. */
  readonly flags?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const contentTypes = {
  connect: "application/",
  grpc: "application/grpc+",
  "grpc-web": "application/grpc-web+",
} as const;

/** The error that the answer to a call says, in whichever protocol. An Error where it says none. */
export async function rawFailure(authority: string, call: RawCall): Promise<ConnectError> {
  const { protocol, method, encoding, flags, headers: more } = call;
  const message = Buffer.from(call.message);
  const answer = await http2Request(
    authority,
    {
      ":path": `/verigate.v1.${method}`,
      "content-type": `${contentTypes[protocol]}${encoding}`,
      te: "trailers",
      ...more,
    },
    protocol === "connect" ? message : enveloped(message, flags),
  );
  const failure = failureFrom(protocol, answer);
  if (failure === undefined) {
    throw new Error(`the call did not fail: ${JSON.stringify(answer.headers)}`);
  }
  return failure;
}

function failureFrom(
  protocol: RpcProtocol,
  { headers, trailers, body }: Awaited<ReturnType<typeof http2Request>>,
): ConnectError | undefined {
  switch (protocol) {
    case "connect":
      return headers[":status"] === 200
        ? undefined
        : errorFromJson(JSON.parse(body.toString("utf8")), undefined, new ConnectError("not an error", Code.Unknown));
    case "grpc":
      return findTrailerError(headersFrom({ ...headers, ...trailers }));
    case "grpc-web":
      return findTrailerError(trailerParse(lastFrame(body)));
  }
}

function headersFrom(record: object): Headers {
  return new Headers(
    Object.entries(record)
      .filter(([name]) => !name.startsWith(":"))
      .map(([name, value]): [string, string] => [name, String(value)]),
  );
}

function lastFrame(body: Buffer): Uint8Array {
  let start = 0;
  while (body.readUInt8(start) < 0x80) {
    start += 5 + body.readUInt32BE(start + 1);
  }
  return body.subarray(start + 5);
}
