import { runToEnd, startServer } from "./children.ts";
import { floorCommand, node, pathOf } from "./contestants.ts";
import type { Cores } from "./cores.ts";
import { freePort } from "./free-port.ts";
import { startUpstream } from "./upstream.ts";

/** What one process of a client found. */
export interface ClientTurn {
  /** All that were made, warm-up included. */
  readonly calls: number;
  /** CPU time of the client's process per call, in microseconds. */
  readonly cpuMicros: number;
}

export interface ClientResult {
  readonly name: string;
  readonly description: string;
  /** CPU per call in microseconds, in the order of the rounds. */
  readonly cpuMicros: readonly number[];
}

/** The first is ours; the second is what it is built on, and compared with. */
const clients = [
  { name: "verigate", description: "packages/client: request ids, outcomes, repeats of what was refused unseen" },
  { name: "connect-node", description: "createClient over createGrpcTransport, and no feature at all" },
  { name: "grpc-js", description: "makeUnaryRequest, and no feature at all" },
] as const;

const turnCalls = 10_000;

/**
 * Measures clients in turns, each in a process of its own on the core of the
 * servers, against the floor on the core of the load. Rejects where a single call
 * went wrong.
 */
export async function measureClients(
  cores: Cores | undefined,
  rounds: number,
  say: (line: string) => void,
): Promise<readonly ClientResult[]> {
  const upstream = await startUpstream(cores?.load);
  const started: { stop(): Promise<void> }[] = [upstream];
  try {
    const port = await freePort();
    const floor = await startServer(floorCommand({ port, upstream: upstream.origin }), port, { core: cores?.load });
    started.push(floor.child);
    const results = clients.map((client) => ({ ...client, cpuMicros: [] as number[] }));
    for (let round = 1; round <= rounds; round++) {
      for (const { name, cpuMicros } of results) {
        const matchedBefore = await upstream.matched();
        const command = [...node(), pathOf(`clients/${name}.ts`), String(port), String(turnCalls)];
        const turn = JSON.parse(await runToEnd(command, { core: cores?.server })) as ClientTurn;
        const matched = (await upstream.matched()) - matchedBefore;
        if (matched !== turn.calls) {
          throw new Error(`${name} made ${turn.calls} calls, but ${matched} reached the upstream`);
        }
        cpuMicros.push(turn.cpuMicros);
        say(`${round} of ${rounds}   client ${name.padEnd(13)} ${turn.cpuMicros.toFixed(0)} µs/call`);
      }
    }
    return results;
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}
