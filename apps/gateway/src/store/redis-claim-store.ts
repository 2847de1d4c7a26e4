import { claimScript, releaseScript, settleScript } from "./claim-scripts.ts";
import type { Claim, ClaimResult, ClaimStore } from "./claim-store.ts";
import { createScript, type RedisCommands, RedisFailure, type ScriptRun } from "./redis-commands.ts";
import { createReplicatedRun } from "./replicated-run.ts";
import type { ObserveCommand } from "./store-observer.ts";

export interface RedisClaimStoreOptions {
  /** For claims, and for what must not overtake them. */
  readonly claiming: RedisCommands;
  /** For what must not wait behind claims. May be the same. */
  readonly settling: RedisCommands;
  /** How many replicas must have a new claim before it counts. */
  readonly waitReplicas: number;
  readonly observe: ObserveCommand;
  /** Told of the run marker that was found. */
  readonly onMarker: (marker: string) => void;
}

export interface RedisClaimStore extends ClaimStore {
  /** Tries once more to release what could not be released: for when there is a connection again. */
  releaseAgain(): void;
}

const prefix = "verigate:1:";
const markerKey = `${prefix}run`;
const claimKey = (name: string) => `${prefix}claim:${name}`;
const [claimNow, settleNow, releaseNow] = [
  createScript(claimScript),
  createScript(settleScript),
  createScript(releaseScript),
];
/** As many as can be under way when a connection breaks, and more. */
const unreleasedMax = 1_000;

/**
 * Claims in a Redis or Valkey server that all replicas share. That it can't be
 * reached is found out by the calls that need it, not by its making.
 */
export function createRedisClaimStore(options: RedisClaimStoreOptions): RedisClaimStore {
  const { claiming, settling, waitReplicas, observe } = options;
  const runReplicated = createReplicatedRun(claiming, waitReplicas);
  /** Claims that are nobody's, and may stand there all the same: the answer was lost, not the question. */
  const unreleased = new Set<Claim>();

  async function claim(given: Claim, leaseMs: number): Promise<ClaimResult> {
    if (waitReplicas > 0) {
      // What is known must not wait behind claims that wait for replicas: it lets nothing run.
      const outlook = resultFromReply(await settling.run(claimRun(given, 0)));
      if (outlook.kind !== "claimed") {
        return outlook;
      }
    }
    const { reply, doubt } = await runReplicated(claimRun(given, Math.ceil(leaseMs)));
    const result = resultFromReply(reply);
    if (result.kind === "claimed" && doubt !== undefined) {
      throw doubt;
    }
    return result;
  }

  function resultFromReply(reply: unknown): ClaimResult {
    const [marker, kind, record = "", ageMs = 0] = reply as ClaimReply;
    options.onMarker(marker);
    return kind === "settled" ? { kind, record, ageMs } : { kind };
  }

  async function release({ names: [{ name }], owner }: Claim): Promise<void> {
    await claiming.run({ script: releaseNow, keys: [claimKey(name)], args: [owner] });
  }

  return {
    async claim(given, leaseMs) {
      try {
        return await observe("claim", () => claim(given, leaseMs));
      } catch (error) {
        if (error instanceof RedisFailure && error.code === "OOM") {
          return { kind: "full" };
        }
        throw error;
      }
    },
    settle: ({ names: [{ name, payload }], owner, keptMs }, record) =>
      observe("settle", async () => {
        const args = [owner, keptMs, payload, record];
        await settling.run({ script: settleNow, keys: [claimKey(name)], args });
      }),
    async release(given) {
      try {
        await observe("release", () => release(given));
      } catch (error) {
        if (unreleased.size < unreleasedMax) {
          unreleased.add(given);
        }
        throw error;
      }
    },
    releaseAgain() {
      for (const given of unreleased) {
        observe("release", () => release(given)).catch(() => {});
      }
      unreleased.clear();
    },
  };
}

type ClaimReply = [marker: string, kind: Exclude<ClaimResult["kind"], "full">, record?: string, ageMs?: number];

/** With a lease of 0, it only tells what a claim would get. */
function claimRun({ names, owner, keptMs }: Claim, leaseMs: number): ScriptRun {
  return {
    script: claimNow,
    keys: [markerKey, ...names.map(({ name }) => claimKey(name))],
    args: [owner, leaseMs, keptMs, ...names.map(({ payload }) => payload)],
  };
}
