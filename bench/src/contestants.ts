import { fileURLToPath } from "node:url";
import { readStartLine } from "../../tooling/start-line.ts";

/** How callers speak to a server. */
export type Door = "grpc" | "json";

/** One server, seen through one door. */
export interface Contestant {
  readonly name: string;
  readonly door: Door;
  /** What it is, for somebody who reads the results. */
  readonly description: string;
  readonly command: (ports: Ports) => readonly string[];
  readonly env?: (ports: Ports) => Readonly<Record<string, string>>;
}

export interface Ports {
  readonly port: number;
  readonly upstream: string;
}

export const doorNames: Readonly<Record<Door, string>> = {
  grpc: "gRPC over HTTP/2",
  json: "Connect JSON over HTTP/1.1",
};

/** What a door's other servers are compared with: what a careful team writes by hand. */
export const referenceNames: Readonly<Record<Door, string>> = { grpc: "grpc-js", json: "fastify" };

export const gatewayName = "gateway";
export const floorName = "floor";
/** The gateway from its sources, with and without what tells of it. */
export const telemetryNames = { on: "telemetry on", off: "telemetry off" };

export const vanguardName = "vanguard";
/** Built when it is needed. */
export const vanguardProgram = pathOf("../peers/vanguard/dist/vanguard");

/** In the order of a round. A new peer is a new row. */
export const contestants: readonly Contestant[] = [
  { ...gateway(), door: "grpc" },
  peer("floor", "grpc", "raw node:http2, protobuf-es, undici dispatch: what nothing can beat by much"),
  peer("grpc-js", "grpc", "bare @grpc/grpc-js, undici request: what a careful team writes by hand"),
  peer("connect-node", "grpc", "bare connect-node router, undici request"),
  {
    name: vanguardName,
    door: "grpc",
    description:
      "connectrpc.com/vanguard and net/http's reverse proxy, in Go: fields and values are mapped by a schema that names " +
      "them as the upstream does",
    command: ({ port, upstream }) => [vanguardProgram, String(port), upstream],
  },
  { ...gatewayFromSources("on"), door: "grpc" },
  { ...gatewayFromSources("off"), door: "grpc" },
  { ...gateway(), door: "json" },
  peer("connect-node", "json", "bare connect-node router, undici request"),
  peer("fastify", "json", "bare fastify REST proxy, undici request: what a careful team writes by hand"),
];

/** How the command itself starts, with this Node. */
function gatewayStart(): string[] {
  const { env, flags } = readStartLine();
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return ["/usr/bin/env", ...variables, process.execPath, ...flags];
}

/** This gateway as shipped, for what is measured of no other server. */
export function gatewayCommand(ports: Ports): {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
} {
  const { command, env } = gateway();
  return { command: command(ports), env: env?.(ports) ?? {} };
}

/** The floor, for clients to call. */
export function floorCommand(ports: Ports): readonly string[] {
  return peer(floorName, "grpc", "").command(ports);
}

function gateway(): Omit<Contestant, "door"> {
  return {
    name: gatewayName,
    description:
      "this gateway as shipped: bundled; validation, retries, breaker, limits, deadlines, a log line per call, metrics; " +
      "the guess budget is off, because all calls are one user's",
    command: () => [...gatewayStart(), pathOf("../../apps/gateway/dist/main.js"), "serve"],
    env: ({ port, upstream }) => ({
      VERIGATE_LISTEN: `127.0.0.1:${port}`,
      VERIGATE_ADMIN_LISTEN: "127.0.0.1:0",
      VERIGATE_UPSTREAM_URL: upstream,
      VERIGATE_LOG_LEVEL: "info",
      // Smoothing to the 150 calls/s of an account would be all that is measured.
      VERIGATE_UPSTREAM_RPS: "0",
      // All calls are one user's, and in flight at once. What it costs is measured apart: limit-costs.ts.
      VERIGATE_LIMIT_GUESSES: "0",
      MESSENTE_API_USERNAME: "bench",
      MESSENTE_API_PASSWORD: "bench",
      // As `pnpm gateway` has it, and the image.
      NODE_COMPILE_CACHE: pathOf("../../node_modules/.cache/verigate"),
    }),
  };
}

function gatewayFromSources(telemetry: keyof typeof telemetryNames): Omit<Contestant, "door"> {
  return {
    ...gateway(),
    name: telemetryNames[telemetry],
    description: `this gateway from its sources, ${telemetry === "on" ? "with" : "without"} log lines and metrics`,
    command: () => [...node(), pathOf("servers/gateway.ts"), telemetry],
  };
}

function peer(name: string, door: Door, description: string): Contestant {
  return {
    name,
    door,
    description,
    command: ({ port, upstream }) => [...node(), pathOf(`servers/${name}.ts`), String(port), upstream, door],
  };
}

/** Node with the packages' sources, which is how the repository runs everything. */
export function node(): readonly string[] {
  return [process.execPath, "--conditions=@verigate/source"];
}

/** The path of a file that is named relative to this one. */
export function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
