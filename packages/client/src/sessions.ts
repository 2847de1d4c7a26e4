import { connect } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { type GrpcTransportOptions, Http2SessionManager } from "@connectrpc/connect-node";
import { markSent } from "./call-record.ts";
import type { ResolvedClientOptions } from "./client-options.ts";
import { guardSession } from "./guard-session.ts";

type SessionManager = NonNullable<GrpcTransportOptions["sessionManager"]>;

/** The client's HTTP/2 connection, replaced when it ends. */
export interface Sessions extends SessionManager {
  /** Ends open connections with all calls on them, and refuses further calls. */
  close(): void;
}

/** Connects at the first call. An idle connection does not keep the process running. */
export function createSessions(options: ResolvedClientOptions): Sessions {
  const { address, pingIntervalMs, pingTimeoutMs } = options;
  const manager = new Http2SessionManager(address.baseUrl, { pingIntervalMs, pingTimeoutMs }, connectOptions(options));
  let isClosed = false;
  return {
    authority: manager.authority,
    async request(...request) {
      if (isClosed) throw clientClosed();
      const stream = await manager.request(...request);
      if (stream.session !== undefined) guardSession(stream.session);
      if (isClosed) {
        // A PING that checked the connection while it was closed makes the manager connect again.
        manager.abort(clientClosed());
        throw clientClosed();
      }
      markSent(stream);
      return stream;
    },
    notifyResponseByteRead(stream) {
      manager.notifyResponseByteRead(stream);
    },
    close() {
      isClosed = true;
      manager.abort(clientClosed());
    },
  };
}

function connectOptions({ address, tls }: ResolvedClientOptions): ConstructorParameters<typeof Http2SessionManager>[2] {
  const { socketPath } = address;
  if (socketPath !== undefined) return { createConnection: () => connect({ path: socketPath }) };
  if (tls === undefined) return {};
  const { ca, cert, key, serverName } = tls;
  return { ca, cert, key, ...(serverName === undefined ? {} : { servername: serverName }) };
}

function clientClosed(): ConnectError {
  return new ConnectError("the client was closed", Code.Canceled);
}
