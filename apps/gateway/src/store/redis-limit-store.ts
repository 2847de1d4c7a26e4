import { rememberScript, reserveScript, settleLimitsScript } from "./limit-scripts.ts";
import type { LimitStore, ReserveResult, WindowState } from "./limit-store.ts";
import { createScript, type RedisCommands, RedisFailure } from "./redis-commands.ts";
import { createReplicatedRun } from "./replicated-run.ts";
import type { ObserveCommand } from "./store-observer.ts";

export interface RedisLimitStoreOptions {
  /** For what is reserved, and for what must not overtake that. */
  readonly reserving: RedisCommands;
  /** For what must not wait behind it. May be the same. */
  readonly settling: RedisCommands;
  /** How many replicas must have what is counted before it counts. */
  readonly waitReplicas: number;
  readonly observe: ObserveCommand;
  /** Told of the run marker that was found: another one than before means that everything was lost. */
  readonly onMarker: (marker: string) => void;
}

const prefix = "verigate:1:";
const markerKey = `${prefix}run`;
const holdKey = (owner: string) => `${prefix}hold:${owner}`;
const [reserveNow, settleNow, rememberNow] = [
  createScript(reserveScript),
  createScript(settleLimitsScript),
  createScript(rememberScript),
];

/** Limits in a Redis or Valkey server, where all replicas count together. */
export function createRedisLimitStore(options: RedisLimitStoreOptions): LimitStore {
  const { reserving, settling, observe } = options;
  const runReplicated = createReplicatedRun(reserving, options.waitReplicas);

  return {
    entries: undefined,
    reserve: (reservation) =>
      refusedWhereFull({ kind: "full" }, () =>
        observe("reserve", async () => {
          const run = {
            script: reserveNow,
            keys: [markerKey, holdKey(reservation.owner)],
            args: [JSON.stringify(reservation)],
          };
          // What is final may not be run twice, and guards nothing that is worth waiting for replicas.
          const { reply, doubt } =
            reservation.isFinal === true ? { reply: await settling.run(run) } : await runReplicated(run);
          const [marker, ...given] = reply as ReserveReply;
          options.onMarker(marker);
          const result = resultFromReply(given);
          // A denial stands without replicas: it lets nothing through.
          if (result.kind === "granted" && doubt !== undefined) {
            throw doubt;
          }
          return result;
        }),
      ),
    async settle(owner, { how, tallies }) {
      const added = tallies.map(({ tally: { key, windowMs, isByCountry }, country = "unknown" }) => ({
        key: isByCountry === true ? `${key}:${country}` : key,
        windowMs,
      }));
      // It may be of a reservation whose answer was lost, and which may be still on its way.
      const redis = how === "give-back" ? reserving : settling;
      const args = [how, JSON.stringify(added)];
      await observe("settle", () => redis.run({ script: settleNow, keys: [holdKey(owner)], args }));
    },
    remember: (users) =>
      refusedWhereFull(false, () =>
        observe("remember", async () => {
          await settling.run({ script: rememberNow, keys: [], args: [JSON.stringify(users)] });
          return true;
        }),
      ),
  };
}

type ReserveReply = [
  marker: string,
  kind: "granted" | "denied",
  country: string,
  states: [left: number, waitMs: number, nextMs: number][][],
  tallied: number[],
];
type Tail<List extends unknown[]> = List extends [unknown, ...infer Rest] ? Rest : never;

function resultFromReply([kind, country, states, tallied]: Tail<ReserveReply>): ReserveResult {
  return {
    kind,
    country: country === "" ? undefined : country,
    states: states.map((windows) => windows.map(([left, waitMs, nextMs]): WindowState => ({ left, waitMs, nextMs }))),
    tallied,
  };
}

/** What `run` comes to, or `refusal` where the server has no memory left. */
async function refusedWhereFull<Result>(refusal: Result, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RedisFailure && error.code === "OOM") {
      return refusal;
    }
    throw error;
  }
}
