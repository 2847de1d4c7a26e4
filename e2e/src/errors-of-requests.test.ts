import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { enveloped, http2Request } from "./raw-http.ts";
import { type RawCall, rawFailure } from "./raw-rpc.ts";
import { protocols, rpcClient } from "./rpc-client.ts";
import { type RpcError, rpcError, rpcErrorFrom, rpcErrorOf, textOfError } from "./rpc-error.ts";
import { aUser, secret, userOfService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

interface Row extends Omit<RawCall, "protocol"> {
  readonly name: string;
  readonly error: RpcError;
  /** What the message must name. */
  readonly names?: string;
}

const invalid = (...fields: string[]) => rpcError("InvalidArgument", "INVALID_REQUEST", "FIX_REQUEST", { fields });
const tooLarge = rpcError("ResourceExhausted", "REQUEST_TOO_LARGE", "FIX_REQUEST");
const json = (method: string, message: unknown) =>
  ({ method, encoding: "json", message: typeof message === "string" ? message : JSON.stringify(message) }) as const;
const verify = { serviceId: "s1", userId: "u1", pin: "0123" };
const user = { serviceId: "s1", phoneNumber: "+37255555555", idInService: "anna" };
const uuid = "018f3c1e-7b7a-7cc0-8000-000000000000";

const rows: readonly Row[] = [
  { name: "a PIN with letters", ...json("AuthAPI/VerifyPin", { ...verify, pin: secret }), error: invalid("pin") },
  { name: "a PIN of three digits", ...json("AuthAPI/VerifyPin", { ...verify, pin: "012" }), error: invalid("pin") },
  {
    name: "a PIN of 17 digits",
    ...json("AuthAPI/VerifyPin", { ...verify, pin: "01234567890123456" }),
    error: invalid("pin"),
  },
  {
    name: "an empty auth_id",
    ...json("AuthAPI/VerifyPin", { ...verify, authId: "" }),
    error: invalid("auth_id"),
  },
  {
    name: "three mistakes",
    ...json("AuthAPI/VerifyPin", { serviceId: "", userId: "..", pin: "x" }),
    error: invalid("service_id", "user_id", "pin"),
  },
  {
    name: "a request_id that is no UUID",
    ...json("AuthAPI/VerifyPin", { ...verify, requestId: secret }),
    error: invalid("request_id"),
  },
  { name: "no method", ...json("AuthAPI/InitiateAuth", { serviceId: "s1", userId: "u1" }), error: invalid("method") },
  {
    name: "an enum value by an unknown number",
    ...json("AuthAPI/InitiateAuth", { serviceId: "s1", userId: "u1", method: 4711 }),
    error: invalid("method"),
  },
  {
    name: "an enum value by an unknown name",
    ...json("AuthAPI/InitiateAuth", { serviceId: "s1", userId: "u1", method: secret }),
    error: invalid("method"),
  },
  {
    name: "a phone number without a plus",
    ...json("UserAPI/CreateUser", { ...user, phoneNumber: "37255555555" }),
    error: invalid("phone_number"),
  },
  {
    name: "a phone number with spaces",
    ...json("UserAPI/CreateUser", { ...user, phoneNumber: "+372 5555 5555" }),
    error: invalid("phone_number"),
  },
  {
    name: "a phone number of 16 digits",
    ...json("UserAPI/CreateUser", { ...user, phoneNumber: "+3725555555555555" }),
    error: invalid("phone_number"),
  },
  {
    name: "a phone number that starts with zero",
    ...json("UserAPI/CreateUser", { ...user, phoneNumber: "+0725555555" }),
    error: invalid("phone_number"),
  },
  {
    name: "a phone number in other digits",
    ...json("UserAPI/CreateUser", { ...user, phoneNumber: "+٣٧٢٥٥٥٥٥٥٥٥" }),
    error: invalid("phone_number"),
  },
  {
    name: "a phone number with a newline",
    ...json("UserAPI/CreateUser", { ...user, phoneNumber: "+37255555555\n" }),
    error: invalid("phone_number"),
  },
  {
    name: "an fqdn that is no host name",
    ...json("ServiceAPI/CreateService", { fqdn: "shop example", name: "Shop" }),
    error: invalid("fqdn"),
  },
  {
    name: "a name with a control character",
    ...json("ServiceAPI/CreateService", { fqdn: "shop.example", name: "Shop\u0007" }),
    error: invalid("name"),
  },
  {
    name: "an id of 257 bytes in 129 characters",
    ...json("ServiceAPI/GetService", { serviceId: `${"ä".repeat(128)}a` }),
    error: invalid("service_id"),
  },
  { name: "the id .", ...json("ServiceAPI/GetService", { serviceId: "." }), error: invalid("service_id") },
  { name: "the id ..", ...json("ServiceAPI/DeleteService", { serviceId: ".." }), error: invalid("service_id") },
  {
    name: "an id with a control character",
    ...json("UserAPI/GetUser", { serviceId: "s1", userId: "u\r\n1" }),
    error: invalid("user_id"),
  },
  {
    name: "a negative page_size",
    ...json("UserAPI/ListUsers", { serviceId: "s1", pageSize: -1 }),
    error: invalid("page_size"),
  },
  {
    name: "an unknown field",
    ...json("AuthAPI/VerifyPin", { ...verify, requestid: uuid }),
    error: invalid("requestid"),
    names: "requestid",
  },
  {
    name: "a number as PIN",
    ...json("AuthAPI/VerifyPin", { ...verify, pin: 4711 }),
    error: invalid("pin"),
    names: "pin",
  },
  {
    name: "an object as id",
    ...json("UserAPI/GetUser", { serviceId: "s1", userId: { [secret]: 4711 } }),
    error: invalid("user_id"),
    names: "user_id",
  },
  {
    name: "a text as page_size",
    ...json("UserAPI/ListUsers", { serviceId: "s1", pageSize: secret }),
    error: invalid("page_size"),
    names: "page_size",
  },
  { name: "malformed JSON", ...json("AuthAPI/VerifyPin", `{"pin":"4711",${secret}`), error: invalid() },
  { name: "no JSON at all", ...json("AuthAPI/VerifyPin", " "), error: invalid() },
  { name: "a JSON array", ...json("AuthAPI/VerifyPin", [verify]), error: invalid() },
  { name: "a JSON null", ...json("AuthAPI/VerifyPin", "null"), error: invalid() },
  { name: "JSON of 10,000 brackets", ...json("AuthAPI/VerifyPin", "[".repeat(10_000)), error: invalid() },
  {
    name: "JSON that is not UTF-8",
    method: "ServiceAPI/GetService",
    encoding: "json",
    message: Buffer.from([...Buffer.from('{"serviceId":"'), 0xc3, 0x28, ...Buffer.from('"}')]),
    error: invalid(),
  },
  {
    name: "a lone surrogate",
    ...json("ServiceAPI/GetService", '{"serviceId":"\\ud800"}'),
    error: invalid("service_id"),
  },
  {
    name: "Protobuf that ends early",
    method: "ServiceAPI/GetService",
    encoding: "proto",
    message: Buffer.from([0x0a, 0x7f, 0x61]),
    error: invalid(),
  },
  {
    name: "Protobuf that is none",
    method: "ServiceAPI/GetService",
    encoding: "proto",
    message: Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    error: invalid(),
  },
  {
    name: "a Protobuf string that is not UTF-8",
    method: "ServiceAPI/GetService",
    encoding: "proto",
    message: Buffer.from([0x0a, 0x02, 0xc3, 0x28]),
    error: invalid(),
  },
  {
    name: "an empty Protobuf message",
    method: "ServiceAPI/GetService",
    encoding: "proto",
    message: "",
    error: invalid("service_id"),
  },
  {
    name: "a message of a byte more than 64 KiB",
    ...json("ServiceAPI/GetService", JSON.stringify({ serviceId: "s1" }).padEnd(64 * 1024 + 1)),
    error: tooLarge,
  },
  {
    name: "a message of 900 KiB",
    ...json("ServiceAPI/GetService", JSON.stringify({ serviceId: "s1" }).padEnd(900 * 1024)),
    error: tooLarge,
  },
];

const answer = { status: 200, body: aUser };

describe.each(protocols)("over %s", (protocol) => {
  test.each(rows)("$name is $error.infos of $error.fields, and never reaches upstream", async (row) => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, { ...row, protocol });
    expect(rpcErrorFrom(failure)).toEqual(row.error);
    expect(failure.rawMessage).toContain(row.names ?? "");
    expect(textOfError(failure)).not.toMatch(/tell-nobody|4711/);
    expect(upstream.arrivals).toBe(0);
  });

  test("a compressed message that is larger than the cap when unpacked is REQUEST_TOO_LARGE", async () => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, {
      protocol,
      ...json("UserAPI/GetUser", ""),
      message: gzipSync(Buffer.alloc(50_000_000, " ")),
      flags: 1,
      headers: { [protocol === "connect" ? "content-encoding" : "grpc-encoding"]: "gzip" },
    });
    expect(rpcErrorFrom(failure)).toEqual(tooLarge);
  });

  test("a compressed message that is no gzip is INVALID_REQUEST", async () => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, {
      protocol,
      ...json("UserAPI/GetUser", userOfService),
      flags: 1,
      headers: { [protocol === "connect" ? "content-encoding" : "grpc-encoding"]: "gzip" },
    });
    expect(rpcErrorFrom(failure)).toEqual(invalid());
  });

  test("a compression that is not offered is UNIMPLEMENTED", async () => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, {
      protocol,
      ...json("UserAPI/GetUser", userOfService),
      flags: 1,
      headers: { [protocol === "connect" ? "content-encoding" : "grpc-encoding"]: "br" },
    });
    expect(rpcErrorFrom(failure)).toEqual(rpcError("Unimplemented", "INVALID_REQUEST", "FIX_REQUEST"));
  });

  test("an unknown method is METHOD_UNKNOWN", async () => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, { protocol, ...json("AuthAPI/Guess", {}) });
    expect(rpcErrorFrom(failure)).toEqual(rpcError("Unimplemented", "METHOD_UNKNOWN", "FIX_REQUEST"));
    expect(await gateway.handled("unknown", "Unimplemented")).toBe(1);
  });

  test("a method of an unknown service is METHOD_UNKNOWN", async () => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, { protocol, ...json("NoAPI/GetService", {}) });
    expect(rpcErrorFrom(failure)).toEqual(rpcError("Unimplemented", "METHOD_UNKNOWN", "FIX_REQUEST"));
  });

  const timeoutName = protocol === "connect" ? "connect-timeout-ms" : "grpc-timeout";
  test.each(["", "soon", "-1", "12345678901", "1.5", "10 S", `10${secret}`])(
    `the ${timeoutName} "%s" is INVALID_REQUEST`,
    async (value) => {
      const upstream = await startScriptedUpstream(answer);
      const gateway = await startGateway({ upstream });
      const failure = await rawFailure(gateway.authority, {
        protocol,
        ...json("UserAPI/GetUser", userOfService),
        headers: { [timeoutName]: value },
      });
      expect(rpcErrorFrom(failure)).toEqual(invalid(timeoutName));
      expect(textOfError(failure)).not.toContain(secret);
      expect(upstream.arrivals).toBe(0);
    },
  );

  test("a provider that throws is GATEWAY_BUG, and its message stays inside", async () => {
    const provider = new Proxy({} as NonNullable<Parameters<typeof startGateway>[0]["provider"]>, {
      get: () => () => {
        throw new TypeError(secret);
      },
    });
    const gateway = await startGateway({ upstream: { url: "http://127.0.0.1:9" }, provider });
    const failure = await rawFailure(gateway.authority, { protocol, ...json("UserAPI/GetUser", userOfService) });
    expect(rpcErrorFrom(failure)).toEqual(rpcError("Internal", "GATEWAY_BUG", "OPERATOR"));
    expect(textOfError(failure)).not.toContain(secret);
  });

  const notAllowed = rpcError("PermissionDenied", "CALLER_NOT_ALLOWED", "OPERATOR");
  test.each([
    { name: "an Origin that is not allowed", headers: { origin: "https://evil.example" } },
    { name: "the Origin null", headers: { origin: "null" } },
    { name: "a foreign host", headers: { ":authority": "evil.example" } },
    { name: "a foreign host with a port", headers: { ":authority": "evil.example:8080" } },
    { name: "a host that starts like ours", headers: { ":authority": "localhost.evil.example" } },
    { name: "a host that looks like an address", headers: { ":authority": "127.0.0.1.evil.example" } },
  ])("$name is CALLER_NOT_ALLOWED", async ({ headers }) => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const failure = await rawFailure(gateway.authority, {
      protocol,
      ...json("UserAPI/GetUser", userOfService),
      headers,
    });
    expect(rpcErrorFrom(failure)).toEqual(notAllowed);
    expect(upstream.arrivals).toBe(0);
  });

  test("a message of exactly 64 KiB is served", async () => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream });
    const message = JSON.stringify(userOfService).padEnd(64 * 1024);
    await expect(rawFailure(gateway.authority, { protocol, ...json("UserAPI/GetUser", message) })).rejects.toThrow(
      "the call did not fail",
    );
    expect(upstream.requests).toHaveLength(1);
  });
});

const path = "/verigate.v1.UserAPI/GetUser";
const plainRefusals = [
  { name: "PUT", status: 405, headers: { ":method": "PUT", ":path": path, "content-type": "application/json" } },
  {
    name: "GET of a method with side effects",
    status: 405,
    headers: { ":method": "GET", ":path": "/verigate.v1.AuthAPI/VerifyPin" },
  },
  { name: "OPTIONS", status: 405, headers: { ":method": "OPTIONS", ":path": path } },
  { name: "text/plain", status: 415, headers: { ":path": path, "content-type": "text/plain" } },
  { name: "no content type", status: 415, headers: { ":path": path } },
  { name: "a form", status: 415, headers: { ":path": path, "content-type": "application/x-www-form-urlencoded" } },
  { name: "an unknown gRPC codec", status: 415, headers: { ":path": path, "content-type": "application/grpc+thrift" } },
  { name: "a path that is none", status: 404, headers: { ":method": "GET", ":path": "/" } },
];

test.each(plainRefusals)("$name is a plain $status without a body, and is counted", async ({ status, headers }) => {
  const upstream = await startScriptedUpstream(answer);
  const gateway = await startGateway({ upstream });
  const { headers: received, body } = await http2Request(gateway.authority, headers);
  expect(received[":status"]).toBe(status);
  expect(body.byteLength).toBe(0);
  expect(upstream.arrivals).toBe(0);
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  expect(text).toMatch(/^grpc_server_handled_total\{.*\} 1$/m);
});

test("a method that is not there is HTTP's 404 to Connect, with the error as its body", async () => {
  const gateway = await startGateway({ upstream: await startScriptedUpstream(answer) });
  const { headers, body } = await http2Request(
    gateway.authority,
    { ":path": "/verigate.v1.UserAPI/NoSuch", "content-type": "application/json" },
    Buffer.from("{}"),
  );
  expect(headers[":status"]).toBe(404);
  expect(JSON.parse(String(body))).toMatchObject({ code: "unimplemented" });
});

test.each(["true", "false"])(
  "a message that is flagged as compressed, while no header says how, is INTERNAL, as gRPC has it (lean door: %s)",
  async (isLean) => {
    const upstream = await startScriptedUpstream(answer);
    const gateway = await startGateway({ upstream, env: { VERIGATE_LEAN_DOOR: isLean } });
    const { headers } = await http2Request(
      gateway.authority,
      { ":path": path, "content-type": "application/grpc", te: "trailers" },
      enveloped(Buffer.from("xyz"), 1),
    );
    expect(headers).toMatchObject({ "grpc-status": "13" });
    expect(upstream.arrivals).toBe(0);
  },
);

test("unknown fields of Protobuf are kept out of the way, as Protobuf demands", async () => {
  const upstream = await startScriptedUpstream(answer);
  const gateway = await startGateway({ upstream });
  // Fields 1 and 2, and a field 99.
  const message = Buffer.from([0x0a, 2, 0x73, 0x31, 0x12, 2, 0x75, 0x31, 0x9a, 0x06, 1, 0x78]);
  const { headers, trailers } = await http2Request(
    gateway.authority,
    { ":path": path, "content-type": "application/grpc", te: "trailers" },
    Buffer.concat([Buffer.from([0, 0, 0, 0, message.byteLength]), message]),
  );
  expect({ ...headers, ...trailers }).toMatchObject({ "grpc-status": "0" });
});

test("the same mistakes through a library are errors of the same shape", async () => {
  const upstream = await startScriptedUpstream(answer);
  const gateway = await startGateway({ upstream });
  const errors = protocols.map((protocol) =>
    rpcErrorOf(rpcClient(gateway, protocol).auth.verifyPin({ ...verify, pin: "x" })),
  );
  expect(await Promise.all(errors)).toEqual([invalid("pin"), invalid("pin"), invalid("pin")]);
});

test("an error over gRPC is one HEADERS frame that ends the stream (Trailers-Only)", async () => {
  const upstream = await startScriptedUpstream({ status: 404 });
  const gateway = await startGateway({ upstream });
  const { headers, isEndOfStream } = await http2Request(
    gateway.authority,
    { ":path": path, "content-type": "application/grpc+json", te: "trailers" },
    enveloped(Buffer.from(JSON.stringify(userOfService))),
  );
  expect(headers["grpc-status"]).toBe("5");
  expect(isEndOfStream).toBe(true);
});
