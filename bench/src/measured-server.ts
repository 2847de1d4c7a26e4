import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startServer } from "./children.ts";
import type { Contestant } from "./contestants.ts";
import type { Cores } from "./cores.ts";
import { freePort } from "./free-port.ts";
import type { Load } from "./load.ts";
import type { LoadResult } from "./load-result.ts";
import { type LatencyTurn, latencyTurn } from "./own-load/latency.ts";
import { cpuMicros, residentMib } from "./process-figures.ts";
import type { ServerResult, Turn } from "./results.ts";
import { sanityCall } from "./sanity-call.ts";
import type { Upstream } from "./upstream.ts";

export interface Rig {
  readonly cores: Cores | undefined;
  readonly upstream: Upstream;
  readonly load: Load;
  /** About how long a turn lasts. */
  readonly seconds: number;
}

/** A server that is up, and can be given a turn of load. Turns must not overlap, of no two servers. */
export interface MeasuredServer {
  /** Puts load on it twice without counting: at first a little, to find out how fast it is. */
  warmUp(): Promise<void>;
  /** Measures one turn. Rejects where a single call went wrong. */
  turn(): Promise<Turn>;
  /** Measures latencies at a fixed rate for so many seconds. Rejects where a single call went wrong. */
  latency(callsPerSecond: number, seconds: number): Promise<LatencyTurn>;
  /** Calls it until it has answered `calls` in all, without counting them as a turn. */
  callUpTo(calls: number): Promise<void>;
  result(): ServerResult;
  stop(): Promise<void>;
}

const firstCalls = 2_000;
/** However short the turns: with fewer, the gateway's first round took half as much again as its third. */
const warmUpCalls = 15_000;
const settleMs = 2_000;

/** How long a server takes from spawn to ready, in milliseconds; it is stopped again. */
export async function measureStart(contestant: Contestant, rig: Rig): Promise<number> {
  const { child, readyMs } = await start(contestant, await freePort(), rig);
  await child.stop();
  return readyMs;
}

/** Starts a server and reads its idle memory. `earlierStarts` are what {@link measureStart} found. */
export async function startMeasured(
  contestant: Contestant,
  rig: Rig,
  earlierStarts: readonly number[],
): Promise<MeasuredServer> {
  const { door, name } = contestant;
  const { load, upstream } = rig;
  const port = await freePort();
  const { child, readyMs } = await start(contestant, port, rig);
  await sanityCall(door, port);
  await sleep(settleMs);
  const idleMib = residentMib(child.pid);
  const turns: Turn[] = [];
  let callsPerSecond = 0;
  let callsInAll = 1;

  /** Rejects unless exactly the calls that `send` tells of reached the upstream. */
  async function crossChecked<Sent extends Pick<LoadResult, "calls"> & Partial<LoadResult>>(
    send: () => Promise<Sent>,
  ): Promise<Sent> {
    const matchedBefore = await upstream.matched();
    const answerBytes = await sanityCall(door, port);
    const result = await send();
    await sanityCall(door, port);
    const sent = result.calls + 2;
    const matched = (await upstream.matched()) - matchedBefore;
    if (matched < sent || matched > sent + (result.cutOffMax ?? 0)) {
      throw new Error(`${name} (${door}) was sent ${sent} calls, but ${matched} reached the upstream`);
    }
    if (result.answerBytes !== undefined && result.answerBytes !== result.calls * answerBytes) {
      throw new Error(
        `${name} (${door}) answered ${result.calls} calls with ${result.answerBytes} bytes: some were errors`,
      );
    }
    callsInAll += sent;
    return result;
  }

  async function burst(calls: number, seconds: number): Promise<Turn> {
    const { cpu, elapsedMicros, ...result } = await crossChecked(async () => {
      const startedAt = performance.now();
      const cpuBefore = cpuMicros(child.pid);
      const result = await load.run(door, port, calls, seconds);
      const cpu = cpuMicros(child.pid) - cpuBefore;
      return { ...result, cpu, elapsedMicros: (performance.now() - startedAt) * 1_000 };
    });
    callsPerSecond = result.callsPerSecond;
    return {
      calls: result.calls,
      cpuMicros: cpu / result.calls,
      callsPerSecond,
      busyShare: cpu / elapsedMicros,
    };
  }

  const callsIn = (seconds: number) => Math.max(firstCalls, Math.round(callsPerSecond * seconds));

  return {
    async warmUp() {
      await burst(firstCalls, 1);
      await burst(warmUpCalls, warmUpCalls / callsPerSecond);
    },
    async turn() {
      const turn = await burst(callsIn(rig.seconds), rig.seconds);
      turns.push(turn);
      return turn;
    },
    latency: (callsPerSecond, seconds) =>
      crossChecked(() => latencyTurn({ way: door, port, callsPerSecond, seconds }, rig.cores?.load)),
    async callUpTo(calls) {
      const missing = calls - callsInAll;
      if (missing > 0) {
        await burst(missing, missing / callsPerSecond);
      }
    },
    result: () => ({
      contestant,
      readyMs: [...earlierStarts, readyMs],
      idleMib,
      loadedMib: residentMib(child.pid),
      callsInAll,
      turns,
    }),
    stop: () => child.stop(),
  };
}

function start(
  { command, env }: Contestant,
  port: number,
  { cores, upstream }: Rig,
): Promise<{ readonly child: Child; readonly readyMs: number }> {
  const ports = { port, upstream: upstream.origin };
  return startServer(command(ports), port, { core: cores?.server, env: env?.(ports) ?? {} });
}
