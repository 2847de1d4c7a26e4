import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import { onTestFinished } from "vitest";

/** A plain Connect client: nothing of ours is in it but the contract. */
export interface RpcClient {
  readonly services: Client<typeof ServiceAPI>;
  readonly users: Client<typeof UserAPI>;
  readonly auth: Client<typeof AuthAPI>;
}

export const protocols = ["connect", "grpc", "grpc-web"] as const;
export type RpcProtocol = (typeof protocols)[number];

/** A client over HTTP/2 in cleartext, whose connection ends with the test. */
export function rpcClient({ authority }: { readonly authority: string }, protocol: RpcProtocol = "connect"): RpcClient {
  const baseUrl = `http://${authority}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => sessionManager.abort());
  return clientOver(transportOf(protocol, baseUrl, sessionManager));
}

function clientOver(transport: Transport): RpcClient {
  return {
    services: createClient(ServiceAPI, transport),
    users: createClient(UserAPI, transport),
    auth: createClient(AuthAPI, transport),
  };
}

function transportOf(protocol: RpcProtocol, baseUrl: string, sessionManager: Http2SessionManager): Transport {
  switch (protocol) {
    case "connect":
      return createConnectTransport({ baseUrl, httpVersion: "2", sessionManager });
    case "grpc":
      return createGrpcTransport({ baseUrl, sessionManager });
    case "grpc-web":
      return createGrpcWebTransport({ baseUrl, httpVersion: "2", sessionManager });
  }
}
