import { startServer } from "./children.ts";
import { gatewayCommand } from "./contestants.ts";
import type { Cores } from "./cores.ts";
import { freePort } from "./free-port.ts";
import { type ScaleWhat, scaleLoad } from "./own-load/scale.ts";
import { cpuMicros, residentMib } from "./process-figures.ts";
import { startUsersUpstream, type UpstreamCounts, type UsersUpstream } from "./users-upstream.ts";

/** What a call costs a gateway that knows few users, and one that knows many. */
export interface ScaleResults {
  readonly few: ScaleSide;
  readonly many: ScaleSide;
}

export interface ScaleSide {
  readonly users: number;
  /** CPU per call in microseconds, in the order of the rounds. */
  readonly cpuMicros: readonly number[];
  /** Resident memory at the end, in MiB. */
  readonly residentMib: number;
  /** Request ids that it had met at the end. */
  readonly requestIds: number;
}

const fewUsers = 10;
const manyUsers = 100_000;
/** Few enough that the gateway of few users does not get to know many request_ids meanwhile. */
const turnCalls = 4_000;
const warmUpCalls = 20_000;

interface Gateway {
  /** Sends calls, and fulfils with the gateway's CPU time per call. Rejects unless the upstream was asked `expected`. */
  send(what: ScaleWhat, calls: number, expected: Partial<UpstreamCounts>): Promise<number>;
  side(): ScaleSide;
  stop(): Promise<void>;
}

/**
 * Two gateways as shipped are called as often, the one for ten users, the other
 * for 100,000: each user starts an authentication and guesses wrong, both with a
 * request_id. Then both serve right guesses of their users, uniformly over all
 * that they know, in turns.
 */
export async function measureScale(
  cores: Cores | undefined,
  rounds: number,
  say: (line: string) => void,
): Promise<ScaleResults> {
  const upstream = await startUsersUpstream(cores?.load);
  const started: { stop(): Promise<void> }[] = [upstream];
  try {
    const few = await startGateway(fewUsers, upstream, cores);
    started.push(few);
    const many = await startGateway(manyUsers, upstream, cores);
    started.push(many);
    for (const [gateway, users] of [
      [few, fewUsers],
      [many, manyUsers],
    ] as const) {
      await gateway.send("start", manyUsers, { started: users });
      await gateway.send("guessWrong", manyUsers, { wrong: users });
      await gateway.send("warmUp", warmUpCalls, { right: warmUpCalls });
      say(`known    ${users} users of a gateway`);
    }
    for (let round = 1; round <= rounds; round++) {
      const measure = (gateway: Gateway) => gateway.send("measure", turnCalls, { right: turnCalls });
      // In turns also who is first: what drifts within a round favours neither.
      const [first, second] = round % 2 === 1 ? [few, many] : [many, few];
      const firstMicros = await measure(first);
      const secondMicros = await measure(second);
      const [micros, manyMicros] = first === few ? [firstMicros, secondMicros] : [secondMicros, firstMicros];
      say(`${round} of ${rounds}   few and many users     ${micros.toFixed(0)} and ${manyMicros.toFixed(0)} µs/call`);
    }
    return { few: few.side(), many: many.side() };
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

async function startGateway(users: number, upstream: UsersUpstream, cores: Cores | undefined): Promise<Gateway> {
  const port = await freePort();
  const { command, env } = gatewayCommand({ port, upstream: upstream.origin });
  const { child } = await startServer(command, port, {
    core: cores?.server,
    // Ten users have more guesses in flight than the budget as it comes lets through; each right one gives its place back.
    env: { ...env, VERIGATE_LIMIT_GUESSES: "300/10m,400/24h" },
  });
  const measured: number[] = [];
  return {
    async send(what, calls, expected) {
      const before = await upstream.counts();
      const firstCall = measured.length * turnCalls;
      const microsBefore = cpuMicros(child.pid);
      await scaleLoad({ port, what, users, calls, firstCall }, cores?.load);
      const micros = (cpuMicros(child.pid) - microsBefore) / calls;
      assertAsked(before, await upstream.counts(), expected);
      if (what === "measure") {
        measured.push(micros);
      }
      return micros;
    },
    side: () => ({
      users,
      cpuMicros: measured,
      residentMib: residentMib(child.pid),
      requestIds: 2 * users + measured.length * turnCalls,
    }),
    stop: () => child.stop(),
  };
}

function assertAsked(
  before: Readonly<UpstreamCounts>,
  after: Readonly<UpstreamCounts>,
  expected: Partial<UpstreamCounts>,
): void {
  for (const name of Object.keys(before) as (keyof UpstreamCounts)[]) {
    const asked = after[name] - before[name];
    if (asked !== (expected[name] ?? 0)) {
      throw new Error(`the upstream counted ${asked} of "${name}", not ${expected[name] ?? 0}`);
    }
  }
}
