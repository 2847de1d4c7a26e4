import { setTimeout as sleep } from "node:timers/promises";
import { startServer } from "../children.ts";
import { gatewayCommand } from "../contestants.ts";
import { assignCores } from "../cores.ts";
import { freePort } from "../free-port.ts";
import { describeMachine } from "../machine.ts";
import { cpuMicros, residentMib } from "../process-figures.ts";
import { startUsersUpstream, type UpstreamCounts } from "../users-upstream.ts";
import { type LoopFigures, openFiles, readLoopFigures, refusedAsOverload } from "./read-gateway.ts";
import { type SoakMinute, type SoakSent, soakLoad } from "./soak-plan.ts";
import type { SoakResults, SoakSample } from "./soak-results.ts";

/** The share of a core that the load shall keep busy. */
const busyGoal = 0.7;
const warmUpCalls = 60_000;
const calibrationCalls = 10_000;
/** A call costs more when the gateway remembers more. */
const calibrationSeconds = 30;
const sampleMs = 1_000;
const tellEvery = 15;
/** At the start and the end, when connections open and close, nothing is looked at. */
const edgeSeconds = 3;

/**
 * Keeps a gateway as shipped at 70 % of a core for so many minutes, by the mix at
 * a rate that is fixed for a minute. Rejects where a single call was answered
 * as it may not be; every process that was started has ended either way.
 */
export async function runSoak(minutes: number, say: (line: string) => void): Promise<SoakResults> {
  const cores = assignCores();
  const machine = describeMachine(cores);
  const upstream = await startUsersUpstream(cores?.load);
  const started: { stop(): Promise<void> }[] = [upstream];
  try {
    const [port, adminPort] = [await freePort(), await freePort()];
    const { command, env } = gatewayCommand({ port, upstream: upstream.origin });
    const { VERIGATE_LIMIT_GUESSES: _, ...asShipped } = env;
    const { child } = await startServer(command, port, {
      core: cores?.server,
      env: { ...asShipped, VERIGATE_ADMIN_LISTEN: `127.0.0.1:${adminPort}` },
    });
    started.push(child);
    const { pid } = child;

    async function load(calls: number, callsPerSecond?: number): Promise<Omit<SoakMinute, "callsPerSecond">> {
      const [countsBefore, cpuBefore] = [await upstream.counts(), cpuMicros(pid)];
      const refusedBefore = await refusedAsOverload(adminPort);
      const result = await soakLoad({ port, calls, ...(callsPerSecond && { callsPerSecond }) }, cores?.load);
      const micros = (cpuMicros(pid) - cpuBefore) / calls;
      assertAsked(countsBefore, await upstream.counts(), result);
      const refused = (await refusedAsOverload(adminPort)) - refusedBefore;
      if (refused !== result.refused) {
        throw new Error(`${result.refused} calls were refused, but ${refused} because of overload`);
      }
      return { ...result, calls, micros };
    }

    say(`warm-up of ${warmUpCalls} calls, and a calibration`);
    await load(warmUpCalls);
    const fullRate = (busyGoal * 1e6) / (await load(calibrationCalls)).micros;
    // A call costs more where fewer are in flight.
    const { micros } = await load(Math.round(fullRate * calibrationSeconds), fullRate);

    /** Each minute at the rate that would have kept it as busy as meant the minute before: the machine is not equally fast all the time. */
    async function loadByMinutes(): Promise<SoakMinute[]> {
      const done: SoakMinute[] = [];
      for (let minute = 1; minute <= minutes; minute += 1) {
        const callsPerSecond = Math.round((busyGoal * 1e6) / (done.at(-1)?.micros ?? micros));
        say(`minute ${minute}: ${callsPerSecond} calls/s`);
        done.push({ ...(await load(callsPerSecond * 60, callsPerSecond)), callsPerSecond });
      }
      return done;
    }

    const [done, figures] = await Promise.all([loadByMinutes(), watch({ pid, adminPort, seconds: 60 * minutes, say })]);
    return { machine, minutes, done, ...figures };
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

interface Watched {
  readonly pid: number;
  readonly adminPort: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

/** Looks at a process again and again for so many seconds. */
async function watch({ pid, adminPort, seconds, say }: Watched): Promise<Pick<SoakResults, "samples" | "loops">> {
  const samples: SoakSample[] = [];
  const startedAt = performance.now();
  let [cpuBefore, beforeMs] = [cpuMicros(pid), startedAt];
  const loops: LoopFigures[] = [];
  /** When the event loop's figures are read: they tell of the time since they were before. */
  const readAt = [edgeSeconds, seconds / 2, seconds - edgeSeconds];
  for (;;) {
    await sleep(sampleMs);
    const [cpu, nowMs] = [cpuMicros(pid), performance.now()];
    const sample: SoakSample = {
      seconds: (nowMs - startedAt) / 1_000,
      residentMib: residentMib(pid),
      openFiles: openFiles(pid),
      busyShare: (cpu - cpuBefore) / 1_000 / (nowMs - beforeMs),
    };
    [cpuBefore, beforeMs] = [cpu, nowMs];
    if (sample.seconds < edgeSeconds) {
      continue;
    }
    if (sample.seconds >= (readAt[loops.length] ?? seconds)) {
      loops.push(await readLoopFigures(adminPort));
    }
    const [, half, end] = loops;
    if (half !== undefined && end !== undefined) {
      return { samples, loops: { half, end } };
    }
    samples.push(sample);
    if (samples.length % tellEvery === 0) {
      say(lineOf(sample));
    }
  }
}

function lineOf({ seconds, residentMib, openFiles, busyShare }: SoakSample): string {
  return (
    `${seconds.toFixed(0).padStart(5)} s  ${(busyShare * 100).toFixed(0)} % busy, ${residentMib.toFixed(0)} MiB, ` +
    `${openFiles} files open`
  );
}

/**
 * Calls that repeat a request_id, are over a limit, or were refused need not have
 * been asked upstream; all other guesses were, once, and all reads, which may be
 * tried again.
 */
function assertAsked(
  before: Readonly<UpstreamCounts>,
  after: Readonly<UpstreamCounts>,
  { sent, refused }: SoakSent,
): void {
  const of = (name: keyof UpstreamCounts) => after[name] - before[name];
  const must = (sent.right ?? 0) + (sent.json ?? 0);
  const isRight = of("right") >= must - refused && of("right") <= must + (sent.repeat ?? 0);
  const isRead = of("read") >= (sent.read ?? 0) - refused;
  if (!isRight || !isRead || of("strangers") > 0) {
    const asked = { right: of("right"), read: of("read"), strangers: of("strangers") };
    throw new Error(`the upstream was asked ${JSON.stringify(asked)} for ${JSON.stringify({ sent, refused })}`);
  }
}
