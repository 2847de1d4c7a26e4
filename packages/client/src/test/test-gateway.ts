import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, ListenOptions } from "node:net";
import type { TlsOptions } from "node:tls";
import type { ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { AuthAPI, AuthMethod, UserAPI } from "@verigate/contract";

export interface TestGateway extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

export interface TestGatewayOptions {
  readonly auth?: Partial<ServiceImpl<typeof AuthAPI>>;
  readonly users?: Partial<ServiceImpl<typeof UserAPI>>;
  readonly listen?: ListenOptions;
  readonly tls?: TlsOptions;
  /** Sees a stream first; where it says true, it has dealt with it. */
  readonly takeStream?: (stream: ServerHttp2Stream) => boolean;
}

/** A server of the contract on a real socket; by default PIN 0123 is right, and every PIN is sent by SMS. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const handler = connectNodeAdapter({
    routes(router) {
      router.service(UserAPI, options.users ?? {});
      router.service(AuthAPI, {
        initiateAuth: () => ({ method: AuthMethod.SMS }),
        verifyPin: ({ pin }) => ({ verified: pin === "0123" }),
        ...options.auth,
      });
    },
  });
  const serve = (request: Http2ServerRequest, response: Http2ServerResponse) => {
    if (options.takeStream?.(request.stream) !== true) handler(request, response);
  };
  const server: Http2Server = options.tls === undefined ? createServer(serve) : createSecureServer(options.tls, serve);
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.on("close", () => sessions.delete(session));
  });
  server.listen(options.listen ?? { host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    sessions,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
