import type { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import { type Call, Fault, faultFromError, type Layer, rejecting } from "@verigate/call";
import { ErrorReason } from "@verigate/contract";
import { connectErrorFromFault } from "./connect-error-from-fault.ts";
import { errorCatalogue } from "./error-catalogue.ts";
import type { HttpCall } from "./http-call.ts";
import { plainReply, type Reply, type WholeReply } from "./reply.ts";

type ErrorFromFault = (fault: Fault) => ConnectError;

/**
 * Turns whatever is thrown below into a reply, so that nothing above has to catch.
 * `errorFromFault` says what a fault is in the terms of RPCs; another one than the
 * gateway's own is for a conformance suite, which wants errors that no fault has.
 */
export function rescue(errorFromFault: ErrorFromFault = connectErrorFromFault): Layer<HttpCall, Reply> {
  const replyOf = (call: HttpCall, error: unknown): Reply => {
    const fault = faultFromError(error);
    try {
      return encodeFault(call, fault, errorFromFault(fault));
    } catch (cause) {
      return encodeFault(call, new Fault("gateway-bug", { cause }));
    }
  };
  return (next) => (call) => rejecting(next, call).catch((error: unknown) => replyOf(call, error));
}

/**
 * Says a fault in the call's own protocol. gRPC gets a Trailers-Only response:
 * clients take a call as committed once they see headers, and then ignore their
 * retry policy (gRFC A6).
 */
export function encodeFault(call: Call, fault: Fault, error: ConnectError = connectErrorFromFault(fault)): WholeReply {
  if (call.protocol !== "connect") {
    setPushback(error, fault);
  }
  const outcome = { code: error.code, fault };
  // The Connect protocol reads 404 as UNIMPLEMENTED, and 501 is for a method that is there.
  const httpStatus = fault.kind === "method-unknown" ? 404 : codeToHttpStatus(error.code);
  const contentType = String(call.headers["content-type"] ?? "");
  switch (call.protocol) {
    case "http":
      return plainReply(httpStatus, outcome, challengeOf(fault));
    case "grpc":
      return {
        kind: "whole",
        status: 200,
        headers: { "content-type": contentType, ...recordFromHeaders(setTrailerStatus(new Headers(), error)) },
        outcome,
      };
    case "grpc-web": {
      const body = encodeEnvelope(trailerFlag, trailerSerialize(setTrailerStatus(new Headers(), error)));
      return { kind: "whole", status: 200, headers: { "content-type": contentType }, body, outcome };
    }
    case "connect":
      if (/^application\/connect\+/i.test(contentType)) {
        const end = JSON.stringify(endStreamToJson(new Headers(), error, undefined));
        const body = encodeEnvelope(endStreamFlag, new TextEncoder().encode(end));
        return { kind: "whole", status: 200, headers: { "content-type": contentType }, body, outcome };
      }
      return {
        kind: "whole",
        status: httpStatus,
        headers: { "content-type": "application/json", ...challengeOf(fault) },
        body: errorToJsonBytes(error, undefined),
        outcome,
      };
  }
}

/**
 * Tells a gRPC client's retry policy what to do (gRFC A6): wait so long, or never
 * repeat what may have been carried out.
 */
function setPushback({ metadata }: ConnectError, { kind, retryAfterMs }: Fault): void {
  if (errorCatalogue[kind].reason === ErrorReason.OUTCOME_UNKNOWN) {
    metadata.set("grpc-retry-pushback-ms", "-1");
  } else if (retryAfterMs !== undefined) {
    metadata.set("grpc-retry-pushback-ms", String(Math.ceil(retryAfterMs)));
  }
}

/** What a 401 has to say (RFC 9110, 11.6.1). */
function challengeOf({ kind }: Fault): Record<string, string> {
  return kind === "caller-unauthenticated" ? { "www-authenticate": "Bearer" } : {};
}

export function recordFromHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(headers.entries());
}
