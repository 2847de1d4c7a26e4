import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAccounts } from "./accounts.ts";
import { createAllowedHosts, hostFromName } from "./allowed-hosts.ts";
import { jsonAnswer, send } from "./answer.ts";
import { handleApi } from "./api/handle-api.ts";
import { controlPrefix, handleControl } from "./control/handle-control.ts";
import { pageAnswer } from "./page/page-answer.ts";
import { requestPath } from "./request-path.ts";
import { resolveSandboxOptions, type SandboxOptions } from "./sandbox-options.ts";
import { createState } from "./state.ts";

/** An emulator of Verigator. */
export interface Sandbox {
  /** Starts to listen. Rejects with the socket's error, such as EADDRINUSE. */
  listen(): Promise<{ url: string }>;
  /** Cuts every connection, and resolves when no socket and no timer is left. May be called at any time, repeatedly. */
  close(): Promise<void>;
}

/** Creates a sandbox, which does nothing before `listen`. Throws a SandboxOptionsError for options that can't be used. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { host, port, accounts, hostNames, switches, now } = resolveSandboxOptions(options);
  const state = createState(now, switches);
  const knownAccounts = createAccounts(accounts);
  const isHostAllowed = createAllowedHosts([host, ...hostNames]);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // In front of everything, because of every answer that a foreign name could read.
    if (!isHostAllowed(request.headers.host)) {
      const message = "This host name is not the sandbox's; call it localhost, or allow the name with --allow-host";
      return send(response, jsonAnswer(421, { message, error: { message } }));
    }
    const path = requestPath(request);
    if (path.startsWith(controlPrefix)) return handleControl(state, request, response);
    const page = request.method === "GET" ? pageAnswer(path) : undefined;
    if (page !== undefined) return send(response, page);
    return handleApi(state, knownAccounts, request, response);
  }

  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 1_000, keepAliveTimeout: 60_000 },
    (request, response) => {
      handle(request, response).catch((error: unknown) => {
        // The sender left while its body was read: there is nobody to answer.
        if (request.socket.destroyed) return;
        console.error(error);
        if (response.headersSent) return request.socket.destroy();
        send(response, jsonAnswer(500, { message: "The sandbox has a bug; its standard error tells more" }));
      });
    },
  );
  server.maxConnections = 1_024;

  return {
    async listen() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once("error", reject);
      server.listen({ host, port }, resolve);
      await promise;
      server.off("error", reject);
      return { url: `http://${hostFromName(host)}:${(server.address() as AddressInfo).port}` };
    },
    async close() {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}
