import type { Clock } from "@verigate/call";
import { createTurns, type TurnRate, type Turns } from "@verigate/resilience";
import { inBatches } from "./in-batches.ts";
import { createScript, type RedisCommands } from "./redis-commands.ts";
import type { ObserveCommand } from "./store-observer.ts";
import { turnScript } from "./turn-script.ts";

export interface RedisTurnsOptions {
  readonly redis: RedisCommands;
  readonly rate: TurnRate;
  readonly clock: Clock;
  readonly observe: ObserveCommand;
}

const turnsKey = "verigate:1:turns";
const takeNow = createScript(turnScript);
/** After a failure, how long this process takes its own turns before it asks the store again. */
const ownTurnsMs = 1_000;

/**
 * Turns that all processes take from one Redis or Valkey server, by its clock.
 *
 * Never makes an attempt fail, or wait for longer than one command may take:
 * where the server gives no turns, this process takes them at the rate by itself.
 * What asks while a command is under way shares the next one, so that commands
 * are no more than round trips, however many attempts there are.
 */
export function createRedisTurns({ redis, rate, clock, observe }: RedisTurnsOptions): Turns {
  const { spacingMs, burstMs, waitMsMax } = rate;
  const ownTurns = createTurns(clock, rate);
  let askAgainAtMs = Number.NEGATIVE_INFINITY;

  const takeShared = inBatches(async (asked: readonly undefined[]) => {
    if (clock.nowMs() < askAgainAtMs) {
      return await Promise.all(asked.map(() => ownTurns.take()));
    }
    const args = [asked.length, spacingMs, burstMs, waitMsMax];
    try {
      const micros = await observe("take", () => redis.run({ script: takeNow, keys: [turnsKey], args }));
      return (micros as readonly number[]).map((each) => each / 1_000);
    } catch {
      askAgainAtMs = clock.nowMs() + ownTurnsMs;
      return await Promise.all(asked.map(() => ownTurns.take()));
    }
  });

  return { take: () => takeShared(undefined) };
}
