import type { SecureContextOptions } from "node:tls";
import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";

export interface LanesOptions {
  /** Scheme, host and port, and a path that all requests start with; no credentials. */
  readonly origin: URL;
  /** The most connections, and so the most requests in flight. More wait their turn, unsent: some a little longer than they had to. */
  readonly connections: number;
  /** How long to wait for a connection, TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Certificates to trust instead of the system's. */
  readonly ca?: SecureContextOptions["ca"];
  /** An HTTP proxy that https goes through, by a tunnel (CONNECT), so that it sees no request. */
  readonly proxy?: EgressProxy;
}

export interface EgressProxy {
  /** URL of the proxy; may hold its credentials. */
  readonly url: string;
  /** Hosts that are reached without it, as in the variable NO_PROXY. */
  readonly exceptions: string;
}

/** A pool of connections, and the requests that are on them or wait for one. */
export interface Lane {
  readonly dispatcher: Dispatcher;
  readonly connections: number;
  requests: number;
}

/**
 * For each request, undici's pool looks at its connections from the first on, twice:
 * with a hundred in use that costs as much as sending the request. So there are
 * several pools of so many.
 */
const connectionsOfLane = 16;

export function createLanes(options: LanesOptions): readonly Lane[] {
  const { connections, proxy } = options;
  if (proxy !== undefined) {
    return [{ dispatcher: dispatcherFor(options), connections, requests: 0 }];
  }
  const lanes: Lane[] = [];
  for (let left = connections; left > 0; left -= connectionsOfLane) {
    const those = Math.min(left, connectionsOfLane);
    lanes.push({ dispatcher: dispatcherFor({ ...options, connections: those }), connections: those, requests: 0 });
  }
  return lanes;
}

/** The first one with a connection to spare, so that few are opened; where none has, the one with the fewest requests. */
export function freeLane(lanes: readonly Lane[]): Lane {
  return (
    lanes.find(({ requests, connections }) => requests < connections) ??
    lanes.reduce((least, lane) => (lane.requests < least.requests ? lane : least))
  );
}

function dispatcherFor(options: LanesOptions): Dispatcher {
  const { origin } = options.origin;
  const trust = options.ca === undefined ? {} : { ca: options.ca };
  const limits = {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    // Connections end within 5 minutes, so that a change of DNS is followed.
    clientTtl: 5 * 60_000,
    // The attempt time-out bounds the whole exchange; these would only bound parts of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.connectTimeoutMs, ...trust },
  };
  return options.proxy === undefined
    ? new Pool(origin, limits)
    : new EnvHttpProxyAgent({
        ...limits,
        connectTimeout: options.connectTimeoutMs,
        // A proxy that takes a CONNECT and says nothing would hold a connection for minutes.
        clientFactory: (proxy, own) => new Pool(proxy, { ...own, headersTimeout: options.connectTimeoutMs }),
        requestTls: trust,
        httpProxy: "",
        httpsProxy: options.proxy.url,
        noProxy: options.proxy.exceptions,
      });
}
