import type { Door } from "../contestants.ts";

/** What every server of this folder is started with: the port to listen on, the upstream's origin, and who calls. */
export interface ServerArguments {
  readonly port: number;
  readonly upstream: string;
  readonly door: Door;
}

/** Reads `PORT UPSTREAM DOOR` from the command line. Throws where one is missing. */
export function serverArguments(): ServerArguments {
  const [port, upstream, door] = process.argv.slice(2);
  if (port === undefined || upstream === undefined || (door !== "grpc" && door !== "json")) {
    throw new Error("expected a port, the upstream's origin, and grpc or json");
  }
  return { port: Number(port), upstream, door };
}

/** As many connections to the upstream as the gateway opens by default. */
export const upstreamConnections = 256;
