import type { Clock } from "@verigate/call";
import { causeOf, type Logger } from "@verigate/telemetry";
import { createRedisAuthStarts } from "./redis-auth-starts.ts";
import { createRedisClaimStore } from "./redis-claim-store.ts";
import { connectRedis, type RedisFailure } from "./redis-commands.ts";
import { createRedisLimitStore } from "./redis-limit-store.ts";
import { createRedisTurns } from "./redis-turns.ts";
import type { Store } from "./store.ts";
import { observeCommands, type StoreObserver } from "./store-observer.ts";

export interface RedisStoreOptions {
  readonly url: URL;
  /** How long a command may take, in milliseconds. Default: 100. */
  readonly commandTimeoutMs?: number;
  /** How many replicas of the server must have a claim before it counts; 0 asks none. */
  readonly waitReplicas: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: StoreObserver;
}

/** State in a Redis or Valkey server. That it can't be reached does not keep a gateway from starting. */
export function createRedisStore(options: RedisStoreOptions): Store {
  const { waitReplicas, clock, logger, observer } = options;
  const observe = observeCommands(clock, observer);
  const redis = connectRedis({ ...options, onReady, onTrouble });
  // Claims that wait for replicas hold up what is sent behind them: that must not be turns, nor answers on their way.
  const claiming = waitReplicas === 0 ? redis : connectRedis({ ...options, onReady: () => claims.releaseAgain() });
  const claims = createRedisClaimStore({
    claiming,
    settling: redis,
    waitReplicas,
    observe,
    onMarker,
  });
  let isInTrouble = false;
  let knownPolicy: string | undefined;
  let knownMarker: string | undefined;

  function onReady(): void {
    if (isInTrouble) {
      isInTrouble = false;
      logger.log("info", "the shared store can be reached again");
    }
    reportEviction();
    if (claiming === redis) {
      claims.releaseAgain();
    }
  }

  function onTrouble(failure: RedisFailure): void {
    if (!isInTrouble) {
      isInTrouble = true;
      logger.log("warn", "the shared store can't be reached", causeOf(failure));
    }
  }

  /** Another run marker than before: everything was lost in between. */
  function onMarker(marker: string): void {
    if (knownMarker !== undefined && marker !== knownMarker) {
      logger.log("error", "the shared store was flushed or replaced: request ids are not protected, limits start anew");
      observer.storeFlushed();
    }
    knownMarker = marker;
  }

  /** A claim that is evicted lets a second SMS go out, and a limit another guess. */
  function reportEviction(): void {
    redis.evictionPolicy().then(
      (policy) => {
        if (policy !== undefined && policy !== "noeviction" && policy !== knownPolicy) {
          logger.log(
            "warn",
            "the shared store may evict request ids and limits: set its maxmemory-policy to noeviction",
          );
        }
        knownPolicy = policy;
      },
      (error) => logger.log("warn", "the shared store's eviction policy is not known", causeOf(error)),
    );
  }

  return {
    isShared: true,
    get isReachable() {
      return redis.isReachable && claiming.isReachable;
    },
    claims,
    createTurns: (rate) => createRedisTurns({ redis, rate, clock, observe }),
    limits: createRedisLimitStore({ reserving: claiming, settling: redis, waitReplicas, observe, onMarker }),
    authStarts: createRedisAuthStarts({ redis, observe }),
    async close() {
      redis.close();
      claiming.close();
    },
  };
}
