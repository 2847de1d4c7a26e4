import type { Clock } from "@verigate/call";
import { createTurns } from "@verigate/resilience";
import type { Logger } from "@verigate/telemetry";
import { createMemoryAuthStarts } from "./memory-auth-starts.ts";
import { createMemoryClaimStore } from "./memory-claim-store.ts";
import { createMemoryLimitStore } from "./memory-limit-store.ts";
import type { Store } from "./store.ts";
import type { StoreObserver } from "./store-observer.ts";

export interface StoreOptions {
  /** Without one, state is this process's own. */
  readonly redisUrl: URL | undefined;
  /** How many replicas of the Redis server must have a claim before it counts. */
  readonly waitReplicas: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: StoreObserver;
}

/** Some 400,000 request_ids; a process that is given more in a day needs a shared store. */
const claimBytesMax = 256 * 1024 * 1024;
/** Some two million users who were sent a PIN and guessed wrong today. */
const limitBytesMax = 192 * 1024 * 1024;

/** The store that the settings ask for. */
export async function createStore({ redisUrl, ...options }: StoreOptions): Promise<Store> {
  const { clock } = options;
  if (redisUrl === undefined) {
    return {
      isShared: false,
      isReachable: true,
      claims: createMemoryClaimStore({ clock, bytesMax: claimBytesMax }),
      limits: createMemoryLimitStore({ clock, bytesMax: limitBytesMax }),
      createTurns: (rate) => createTurns(clock, rate),
      authStarts: createMemoryAuthStarts(clock),
      close: async () => {},
    };
  }
  // Loaded only where it is used: the client takes some 100 ms.
  const { createRedisStore } = await import("./redis-store.ts");
  return createRedisStore({ url: redisUrl, ...options });
}
