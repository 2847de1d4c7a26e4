/** What every server of this folder is started with: the port to listen on, and the upstream's origin. */
export interface ServerArguments {
  readonly port: number;
  readonly upstream: string;
}

/** Reads `PORT UPSTREAM` from the command line. Throws where either is missing. */
export function serverArguments(): ServerArguments {
  const [port, upstream] = process.argv.slice(2);
  if (port === undefined || upstream === undefined) {
    throw new Error("expected a port and the upstream's origin");
  }
  return { port: Number(port), upstream };
}

/** As many connections to the upstream as the gateway opens by default. */
export const upstreamConnections = 256;
