/** What every client of this folder is started with: the port to call, and how many calls count. */
export interface ClientArguments {
  readonly port: number;
  readonly calls: number;
}

/** Reads `PORT CALLS` from the command line. Throws where either is missing. */
export function clientArguments(): ClientArguments {
  const [port, calls] = process.argv.slice(2);
  if (port === undefined || calls === undefined) {
    throw new Error("expected a port and a number of calls");
  }
  return { port: Number(port), calls: Number(calls) };
}
