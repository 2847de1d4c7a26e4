import { configFromEnv, type Env, type Server, startServer, textFromListenAddress } from "@verigate/gateway";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";

export interface GatewayUnderTest {
  readonly server: Server;
  /** Host and port of its TCP listener. */
  readonly authority: string;
  readonly port: number;
  readonly adminUrl: string;
  /** Calls that were answered, by method and code, such as `VerifyPin` and `OK`. */
  handled(method: string, code: string): Promise<number>;
  /** The same of all methods and codes. */
  handledInAll(): Promise<number>;
  /** Calls that have begun and not ended. */
  inFlight(): Promise<number>;
  /** Connections that were refused before there was a request. */
  refused(): Promise<number>;
}

/** What a gateway is pointed at. */
export interface UpstreamUnderTest {
  readonly url: string;
  /** Breaks its connections: an attempt that hangs there would hold up the gateway's end. */
  close?(): Promise<void>;
}

export interface GatewayOptions {
  readonly upstream: UpstreamUnderTest;
  readonly env?: Env;
  readonly provider?: Parameters<typeof startServer>[0]["provider"];
}

/** Settings for a gateway on free ports, that says nothing and does not dwell. */
export function envForTest(upstream: string): Record<string, string> {
  return {
    VERIGATE_LISTEN: "127.0.0.1:0",
    VERIGATE_ADMIN_LISTEN: "127.0.0.1:0",
    VERIGATE_UPSTREAM_URL: upstream,
    MESSENTE_API_USERNAME: "sandbox",
    MESSENTE_API_PASSWORD: "sandbox",
    VERIGATE_LOG_LEVEL: "silent",
    VERIGATE_DRAIN_TIMEOUT: "0",
    // One failure is one failure: what repeats and smooths has tests of its own.
    VERIGATE_RETRY_ATTEMPTS: "1",
    VERIGATE_UPSTREAM_RPS: "0",
    // One user is asked again and again: what limits that has tests of its own, too.
    VERIGATE_LIMIT_GUESSES: "0",
    VERIGATE_LIMIT_SEND_COOLDOWN: "0",
    VERIGATE_LIMIT_SENDS: "0",
  };
}

/** A gateway in this process, on real sockets, that ends with the test. */
export async function startGateway({ upstream, env = {}, provider }: GatewayOptions): Promise<GatewayUnderTest> {
  const config = configFromEnv({ ...envForTest(upstream.url), ...env });
  const server = await startServer({ config, ...(provider === undefined ? {} : { provider }) });
  onTestFinished(async () => {
    await upstream.close?.();
    await server.stop();
  });
  const tcp = server.addresses.find(({ kind }) => kind === "tcp");
  const admin = server.adminAddress;
  const adminUrl = admin === undefined ? "" : `http://${textFromListenAddress(admin)}`;
  return {
    server,
    authority: tcp === undefined ? "" : textFromListenAddress(tcp),
    port: tcp?.kind === "tcp" ? tcp.port : 0,
    adminUrl,
    handled: async (method, code) =>
      sum(await metrics(adminUrl), "grpc_server_handled_total", `grpc_method="${method}"`, `grpc_code="${code}"`),
    handledInAll: async () => sum(await metrics(adminUrl), "grpc_server_handled_total"),
    inFlight: async () => sum(await metrics(adminUrl), "verigate_rpcs_in_flight"),
    refused: async () => sum(await metrics(adminUrl), "verigate_connections_refused_total"),
  };
}

/** Fulfils when as many calls of `method` as `count` have ended with `code`. */
export function handledAtLeast(
  gateway: GatewayUnderTest,
  method: string,
  code: string,
  count: number,
): Promise<number> {
  return eventually(async () => {
    const handled = await gateway.handled(method, code);
    return handled >= count ? handled : undefined;
  });
}

/** Fulfils when as many connections as `count` have been refused. */
export function refusedAtLeast(gateway: GatewayUnderTest, count: number): Promise<number> {
  return eventually(async () => {
    const refused = await gateway.refused();
    return refused >= count ? refused : undefined;
  });
}

async function metrics(adminUrl: string): Promise<string> {
  return (await fetch(`${adminUrl}/metrics`)).text();
}

function sum(text: string, name: string, ...labels: readonly string[]): number {
  return text
    .split("\n")
    .filter((line) => line.startsWith(name) && labels.every((label) => line.includes(label)))
    .reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
}
