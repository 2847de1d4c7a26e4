import { contestants, type Door } from "./contestants.ts";
import { assignCores } from "./cores.ts";
import { createLoad } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { measureLimits } from "./measure-limits.ts";
import { measureRender } from "./measure-render.ts";
import { type MeasuredServer, measureStart, type Rig, startMeasured } from "./measured-server.ts";
import type { Options } from "./options.ts";
import type { BenchResults } from "./results.ts";
import { startUpstream } from "./upstream.ts";

/**
 * Measures all contestants. They take turns (A B C, A B C, ...), so that what
 * disturbs the machine for a while disturbs all of them. `say` is told how it
 * goes. Rejects where a tool is missing or one call went wrong; every process
 * that was started has ended either way.
 */
export async function runBench(options: Options, say: (line: string) => void): Promise<BenchResults> {
  const cores = assignCores();
  const machine = describeMachine(cores);
  const load = createLoad(cores?.load);
  const entered = contestants.filter(({ door }) => load.doors.includes(door));
  const started: { stop(): Promise<void> }[] = [{ stop: async () => load.close() }];
  try {
    sayWhatIsLess(load.doors, cores !== undefined, say);
    const upstream = await startUpstream(cores?.load);
    started.push(upstream);
    const rig: Rig = { cores, upstream, load, seconds: options.seconds };

    const servers: { readonly label: string; readonly server: MeasuredServer }[] = [];
    for (const contestant of entered) {
      const label = `${contestant.name} (${contestant.door})`.padEnd(20);
      const earlierStarts: number[] = [];
      for (let count = 1; count < options.starts; count++) {
        earlierStarts.push(await measureStart(contestant, rig));
      }
      const server = await startMeasured(contestant, rig, earlierStarts);
      started.push(server);
      await server.warmUp();
      servers.push({ label, server });
      say(`ready    ${label} ${server.result().idleMib.toFixed(0)} MiB`);
    }
    for (let round = 1; round <= options.rounds; round++) {
      for (const { label, server } of servers) {
        const { cpuMicros, callsPerSecond, calls } = await server.turn();
        say(
          `${round} of ${options.rounds}   ${label} ${cpuMicros.toFixed(0)} µs/call, ` +
            `${callsPerSecond.toFixed(0)} calls/s, ${calls} calls`,
        );
      }
    }
    const render = await measureRender(cores?.server);
    say(`metrics  ${render.series} series, longest step ${render.longestStepMs.toFixed(1)} ms`);
    // It takes a minute: as long as all the rest of a quick run.
    const limits = options.starts > 1 ? await measureLimits(cores?.server) : undefined;
    const results = servers.map(({ server }) => server.result());
    return { machine, options, tool: load.tool, servers: results, render, limits };
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

function sayWhatIsLess(doors: readonly Door[], isPinned: boolean, say: (line: string) => void): void {
  if (!doors.includes("grpc")) {
    say("h2load is missing (Debian: nghttp2-client): gRPC is not measured");
  }
  if (!isPinned) {
    say("no taskset, or one core only: servers and load share their cores, and figures will be worse");
  }
}
