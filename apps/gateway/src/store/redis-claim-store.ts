import { describeError, type Logger } from "@verigate/telemetry";
import { claimScript, releaseScript, settleScript } from "./claim-scripts.ts";
import type { Claim, ClaimResult, ClaimStore } from "./claim-store.ts";
import { connectRedis, createScript, RedisFailure } from "./redis-commands.ts";

export interface RedisClaimStoreOptions {
  readonly url: URL;
  readonly logger: Logger;
}

const prefix = "verigate:1:";
const markerKey = `${prefix}run`;
const claimKey = (name: string) => `${prefix}claim:${name}`;
const [claiming, settling, releasing] = [
  createScript(claimScript),
  createScript(settleScript),
  createScript(releaseScript),
];

/**
 * Claims in a Redis or Valkey server that all replicas share. That it can't be
 * reached is found out by the calls that need it, not by its making.
 */
export function createRedisClaimStore({ url, logger }: RedisClaimStoreOptions): ClaimStore {
  const redis = connectRedis({ url, onReady: () => reportEviction() });
  let knownMarker: string | undefined;
  let knownPolicy: string | undefined;

  /** A claim that is evicted lets a second SMS go out. */
  function reportEviction(): void {
    redis.evictionPolicy().then(
      (policy) => {
        if (policy !== undefined && policy !== "noeviction" && policy !== knownPolicy) {
          logger.log("warn", "the shared store may evict request ids: set its maxmemory-policy to noeviction");
        }
        knownPolicy = policy;
      },
      (error) => logger.log("warn", "the shared store's eviction policy is not known", causeOf(error)),
    );
  }

  function compareMarker(marker: string): void {
    if (knownMarker !== undefined && marker !== knownMarker) {
      logger.log("error", "the shared store was flushed or replaced: request ids from before are not protected");
    }
    knownMarker = marker;
  }

  return {
    isShared: true,
    get isReachable() {
      return redis.isReachable;
    },
    async claim({ names, owner, keptMs }, leaseMs) {
      const keys = [markerKey, ...names.map(({ name }) => claimKey(name))];
      const payloads = names.map(({ payload }) => payload);
      try {
        const [marker, ...result] = (await redis.run(claiming, keys, [
          owner,
          Math.ceil(leaseMs),
          keptMs,
          ...payloads,
        ])) as ClaimReply;
        compareMarker(marker);
        return resultFromReply(result);
      } catch (error) {
        if (error instanceof RedisFailure && error.code === "OOM") {
          return { kind: "full" };
        }
        throw error;
      }
    },
    async settle({ names: [{ name, payload }], owner, keptMs }: Claim, record) {
      await redis.run(settling, [claimKey(name)], [owner, keptMs, payload, record]);
    },
    async release({ names: [{ name }], owner }: Claim) {
      await redis.run(releasing, [claimKey(name)], [owner]);
    },
    close: async () => redis.close(),
  };
}

type ClaimReply = [
  marker: string,
  kind: Exclude<ClaimResult["kind"], "settled" | "full"> | "settled",
  record?: string,
  ageMs?: number,
];

function resultFromReply([kind, record = "", ageMs = 0]: [ClaimReply[1], string?, number?]): ClaimResult {
  return kind === "settled" ? { kind, record, ageMs } : { kind };
}

function causeOf(error: unknown) {
  const cause = describeError(error);
  return cause === undefined ? {} : { cause };
}
