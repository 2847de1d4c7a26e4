import { type Client, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { AuthAPI, ErrorInfoSchema, ServiceAPI, UserAPI } from "@verigate/contract";
import type { LoadCounts } from "./load-counts.ts";

/** Calls as any service makes them: nothing of ours is in it but the contract. */
export interface LoadCaller {
  readonly services: Client<typeof ServiceAPI>;
  readonly users: Client<typeof UserAPI>;
  readonly auth: Client<typeof AuthAPI>;
  close(): void;
}

export const loadProtocols = ["grpc", "connect", "grpc-web"] as const;

/** Longer than anything that the gateway is told to wait for. */
const deadlineMs = 6_000;

/** A caller with a connection of its own. Every call is counted when it has ended. */
export function createLoadCaller(
  baseUrl: string,
  protocol: (typeof loadProtocols)[number],
  counts: LoadCounts,
): LoadCaller {
  const sessionManager = new Http2SessionManager(baseUrl);
  const options = {
    baseUrl,
    sessionManager,
    defaultTimeoutMs: deadlineMs,
    interceptors: [countedIn(counts)],
  };
  const transport =
    protocol === "grpc"
      ? createGrpcTransport(options)
      : protocol === "connect"
        ? createConnectTransport({ ...options, httpVersion: "2" })
        : createGrpcWebTransport({ ...options, httpVersion: "2" });
  return {
    services: createClient(ServiceAPI, transport),
    users: createClient(UserAPI, transport),
    auth: createClient(AuthAPI, transport),
    close: () => sessionManager.abort(),
  };
}

function countedIn(counts: LoadCounts): Interceptor {
  return (next) => async (request) => {
    try {
      const response = await next(request);
      counts.ended(request.method.name, "OK");
      return response;
    } catch (error) {
      const connectError = ConnectError.from(error);
      const [info] = connectError.findDetails(ErrorInfoSchema);
      counts.ended(request.method.name, info?.reason ?? `code ${connectError.code}`);
      throw error;
    }
  };
}
