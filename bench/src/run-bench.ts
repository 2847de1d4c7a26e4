import { type Contestant, contestants, type Door, gatewayName, vanguardName } from "./contestants.ts";
import { assignCores, type Cores } from "./cores.ts";
import { loadedCalls } from "./goals.ts";
import { createLoad } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { measureClients } from "./measure-clients.ts";
import { measureLatency } from "./measure-latency.ts";
import { measureLimits } from "./measure-limits.ts";
import { measureRender } from "./measure-render.ts";
import { measureScale } from "./measure-scale.ts";
import { type MeasuredServer, measureStart, type Rig, startMeasured } from "./measured-server.ts";
import type { Options } from "./options.ts";
import { isGuarded } from "./ratio-guards.ts";
import type { BenchResults } from "./results.ts";
import { startUpstream } from "./upstream.ts";
import { buildVanguard } from "./vanguard.ts";

type Say = (line: string) => void;

/**
 * Measures all contestants. They take turns (A B C, A B C, ...), so that what
 * disturbs the machine for a while disturbs all of them. `say` is told how it
 * goes. Rejects where a tool is missing or one call went wrong; every process
 * that was started has ended either way.
 */
export async function runBench(options: Options, say: Say): Promise<BenchResults> {
  const cores = assignCores();
  const machine = describeMachine(cores);
  const load = createLoad(cores?.load);
  const started: { stop(): Promise<void> }[] = [{ stop: async () => load.close() }];
  try {
    sayWhatIsLess(load.doors, cores !== undefined, say);
    const upstream = await startUpstream(cores?.load);
    started.push(upstream);
    const rig: Rig = { cores, upstream, load, seconds: options.seconds };
    const servers: MeasuredServer[] = [];
    for (const contestant of await entered(load.doors, options, say)) {
      const earlierStarts: number[] = [];
      for (let count = 1; count < options.starts; count++) {
        earlierStarts.push(await measureStart(contestant, rig));
      }
      const server = await startMeasured(contestant, rig, earlierStarts);
      started.push(server);
      servers.push(server);
      await server.warmUp();
      say(`ready    ${labelOf(server)} ${server.result().idleMib.toFixed(0)} MiB`);
    }
    await takeTurns(servers, options.rounds, say);
    if (options.isQuick) {
      return { machine, options, tool: load.tool, servers: servers.map((server) => server.result()) };
    }
    const latency = await measureLatency({ ...options, cores, upstream, servers }, say);
    await fillUp(servers, say);
    const results = servers.map((server) => server.result());
    return {
      machine,
      options,
      tool: load.tool,
      servers: results,
      latency,
      clients: await measureClients(cores, options.rounds, say),
      scale: await measureScale(cores, options.rounds, say),
      ...(await measureAlone(cores, say)),
    };
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

/** Who is measured: all that can be; where time is short, those that a guard is about. */
async function entered(doors: readonly Door[], { isQuick }: Options, say: Say): Promise<readonly Contestant[]> {
  const present = contestants.filter(({ door }) => doors.includes(door));
  if (isQuick) {
    return present.filter(({ name, door }) => isGuarded(name, door));
  }
  const whyNot = await buildVanguard();
  if (whyNot !== undefined) {
    say(`${vanguardName} is not measured: ${whyNot}`);
  }
  return present.filter(({ name }) => name !== vanguardName || whyNot === undefined);
}

async function takeTurns(servers: readonly MeasuredServer[], rounds: number, say: Say): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const server of servers) {
      const { cpuMicros, callsPerSecond, calls } = await server.turn();
      say(
        `${round} of ${rounds}   ${labelOf(server)} ${cpuMicros.toFixed(0)} µs/call, ` +
          `${callsPerSecond.toFixed(0)} calls/s, ${calls} calls`,
      );
    }
  }
}

/** Makes the calls after which memory is judged: of the gateway alone, by its first door. */
async function fillUp(servers: readonly MeasuredServer[], say: Say): Promise<void> {
  const gateway = servers.find((server) => server.result().contestant.name === gatewayName);
  await gateway?.callUpTo(loadedCalls);
  if (gateway !== undefined) {
    const { loadedMib, callsInAll } = gateway.result();
    say(`loaded   ${labelOf(gateway)} ${loadedMib.toFixed(0)} MiB after ${callsInAll} calls`);
  }
}

/** What is measured in processes of its own. */
async function measureAlone(cores: Cores | undefined, say: Say): Promise<Pick<BenchResults, "render" | "limits">> {
  const render = await measureRender(cores?.server);
  say(`metrics  ${render.series} series, longest step ${render.longestStepMs.toFixed(1)} ms`);
  say("limits   a million users, for a minute");
  return { render, limits: await measureLimits(cores?.server) };
}

function labelOf(server: MeasuredServer): string {
  const { name, door } = server.result().contestant;
  return `${name} (${door})`.padEnd(20);
}

function sayWhatIsLess(doors: readonly Door[], isPinned: boolean, say: Say): void {
  if (!doors.includes("grpc")) {
    say("h2load is missing (Debian: nghttp2-client): gRPC is not measured");
  }
  if (!isPinned) {
    say("no taskset, or one core only: servers and load share their cores, and figures will be worse");
  }
}
