import { createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import type { ApiClient } from "./api-client.ts";
import { authorize } from "./bearer-token.ts";
import { recordCalls } from "./call-record.ts";
import { type ResolvedClientOptions, resolveClientOptions, type VerigateClientOptions } from "./client-options.ts";
import { continueTrace } from "./continue-trace.ts";
import { repeatRefused } from "./repeat-refused.ts";
import { fillRequestId } from "./request-id.ts";
import { createSessions, type Sessions } from "./sessions.ts";

/**
 * A client of the gateway. Safe for any number of calls at once, which share
 * one connection: make one per process.
 *
 * A call that fails throws a ConnectError. The client repeats nothing but what a
 * gateway that stops has refused unseen.
 */
export interface VerigateClient {
  /** Manages services. */
  readonly services: ApiClient<typeof ServiceAPI>;
  /** Manages the users of a service. */
  readonly users: ApiClient<typeof UserAPI>;
  /** Sends PINs and verifies them. */
  readonly auth: ApiClient<typeof AuthAPI>;
  /** Ends the connection, and with it the calls that still run. Further calls fail before anything is sent. */
  close(): void;
}

/** A page of 1,000 users is some 600 KiB at most. */
const readMaxBytes = 4 * 1024 * 1024;

/**
 * Makes a client. It connects at the first call, and connects again by itself.
 *
 * Throws a TypeError for every mistake in the options. The caller closes it.
 */
export function createVerigateClient(options: VerigateClientOptions): VerigateClient {
  const resolved = resolveClientOptions(options);
  const sessions = createSessions(resolved);
  return clientOver(createTransport(resolved, sessions), () => sessions.close());
}

/** The client over any transport; the fake's is in memory. */
export function clientOver(transport: Transport, close: () => void): VerigateClient {
  const recording = recordCalls(transport);
  return {
    services: createClient(ServiceAPI, recording),
    users: createClient(UserAPI, recording),
    auth: createClient(AuthAPI, recording),
    close,
  };
}

function createTransport(options: ResolvedClientOptions, sessionManager: Sessions): Transport {
  const { address, protocol, defaultDeadlineMs: defaultTimeoutMs, bearerToken } = options;
  const interceptors: Interceptor[] = [fillRequestId, continueTrace];
  if (bearerToken !== undefined) interceptors.push(authorize(bearerToken));
  interceptors.push(repeatRefused);
  const common = {
    baseUrl: address.baseUrl,
    sessionManager,
    interceptors,
    defaultTimeoutMs,
    readMaxBytes,
    // What a gateway offers. Brotli would only be advertised.
    acceptCompression: [compressionGzip],
  };
  switch (protocol) {
    case "grpc":
      return createGrpcTransport(common);
    case "grpc-web":
      return createGrpcWebTransport({ ...common, httpVersion: "2" });
    case "connect":
      return createConnectTransport({ ...common, httpVersion: "2" });
  }
}
