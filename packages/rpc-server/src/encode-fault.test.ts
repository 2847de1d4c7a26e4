import { type Call, Fault, type Protocol } from "@verigate/call";
import { callOf } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { encodeFault } from "./encode-fault.ts";

function callIn(protocol: Protocol, contentType: string): Call {
  return callOf({ protocol, headers: { "content-type": contentType } });
}

it("a gRPC error is Trailers-Only: all in headers, no body, no trailers", () => {
  const reply = encodeFault(callIn("grpc", "application/grpc+proto"), new Fault("user-exists"));

  expect(reply).toMatchObject({
    status: 200,
    headers: { "content-type": "application/grpc+proto", "grpc-status": "6" },
  });
  expect(reply.headers["grpc-status-details-bin"]).toBeDefined();
  expect(reply.body).toBeUndefined();
  expect(reply.trailers).toBeUndefined();
});

it.each([
  ["outcome-unknown", undefined, "-1"],
  ["outcome-unknown-at-deadline", undefined, "-1"],
  ["outcome-pending", undefined, "-1"],
  ["upstream-circuit-open", 1_234.5, "1235"],
  ["upstream-rate-limited", 3_000, "3000"],
  ["upstream-failed", undefined, undefined],
] as const)("a gRPC client's retry policy is told about %s after %s ms: %s", (kind, retryAfterMs, pushback) => {
  const fault = new Fault(kind, retryAfterMs === undefined ? {} : { retryAfterMs });

  expect(encodeFault(callIn("grpc", "application/grpc"), fault).headers["grpc-retry-pushback-ms"]).toBe(pushback);
  const web = encodeFault(callIn("grpc-web", "application/grpc-web"), fault);
  expect(
    Buffer.from(web.body ?? [])
      .toString("latin1")
      .includes("grpc-retry-pushback-ms"),
  ).toBe(pushback !== undefined);
});

it("what belongs to no RPC protocol is refused in terms of HTTP, without a body", () => {
  expect(encodeFault(callIn("http", "text/html"), new Fault("method-unknown"))).toMatchObject({
    status: 404,
    headers: {},
  });
  expect(encodeFault(callIn("http", "text/html"), new Fault("caller-not-allowed"))).toMatchObject({ status: 403 });
});

it.each([
  ["http", "text/html"],
  ["connect", "application/json"],
] as const)("a 401 over %s says how to authenticate", (protocol, contentType) => {
  expect(encodeFault(callIn(protocol, contentType), new Fault("caller-unauthenticated"))).toMatchObject({
    status: 401,
    headers: { "www-authenticate": "Bearer" },
  });
  expect(encodeFault(callIn(protocol, contentType), new Fault("caller-not-allowed")).headers).not.toHaveProperty(
    "www-authenticate",
  );
});
