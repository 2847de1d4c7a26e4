import { telemetryNames } from "./contestants.ts";
import type { Cores } from "./cores.ts";
import { type LatencyResults, latencyCallsPerSecond } from "./latency-results.ts";
import type { MeasuredServer } from "./measured-server.ts";
import { type LatencyTurn, latencyTurn } from "./own-load/latency.ts";
import type { Upstream } from "./upstream.ts";

export interface LatencyRig {
  readonly cores: Cores | undefined;
  readonly upstream: Upstream;
  readonly servers: readonly MeasuredServer[];
  readonly rounds: number;
  readonly seconds: number;
}

/** Measures the upstream and the servers in turns. Rejects where a single call went wrong. */
export async function measureLatency(rig: LatencyRig, say: (line: string) => void): Promise<LatencyResults> {
  const { cores, upstream, rounds, seconds } = rig;
  const direct: LatencyTurn[] = [];
  const measured = rig.servers
    .map((server) => ({ server, contestant: server.result().contestant, turns: [] as LatencyTurn[] }))
    .filter(({ contestant }) => !Object.values(telemetryNames).includes(contestant.name));
  const tell = (round: number, label: string, { p50Ms, p99Ms }: LatencyTurn) =>
    say(`${round} of ${rounds}   ${label.padEnd(20)} p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`);

  for (let round = 1; round <= rounds; round++) {
    const turn = await directTurn(upstream, cores?.load, seconds);
    direct.push(turn);
    tell(round, "upstream itself", turn);
    for (const { server, contestant, turns } of measured) {
      const own = await server.latency(latencyCallsPerSecond, seconds);
      turns.push(own);
      tell(round, `${contestant.name} (${contestant.door})`, own);
    }
  }
  return { direct, servers: measured.map(({ contestant, turns }) => ({ contestant, turns })) };
}

async function directTurn(upstream: Upstream, core: number | undefined, seconds: number): Promise<LatencyTurn> {
  const matchedBefore = await upstream.matched();
  const port = Number(new URL(upstream.origin).port);
  const turn = await latencyTurn({ way: "upstream", port, callsPerSecond: latencyCallsPerSecond, seconds }, core);
  const matched = (await upstream.matched()) - matchedBefore;
  if (matched !== turn.calls) {
    throw new Error(`the upstream was sent ${turn.calls} calls, and counted ${matched}`);
  }
  return turn;
}
