import type { Clock } from "@verigate/call";
import type { Logger } from "@verigate/telemetry";
import type { ClaimStore } from "./claim-store.ts";
import { createMemoryClaimStore } from "./memory-claim-store.ts";

/** Some 400,000 request_ids; a process that is given more in a day needs a shared store. */
const memoryBytesMax = 256 * 1024 * 1024;

/** The store at `redisUrl`; without one, a store of this process's own. */
export async function createClaimStore(redisUrl: URL | undefined, clock: Clock, logger: Logger): Promise<ClaimStore> {
  if (redisUrl === undefined) {
    return createMemoryClaimStore({ clock, bytesMax: memoryBytesMax });
  }
  // Loaded only where it is used: the client takes some 100 ms.
  const { createRedisClaimStore } = await import("./redis-claim-store.ts");
  return createRedisClaimStore({ url: redisUrl, logger });
}
