import { type RedisCommands, RedisFailure, type ScriptRun } from "./redis-commands.ts";

export interface ReplicatedReply {
  readonly reply: unknown;
  /** Why what was written does not count; undefined where enough replicas have it. */
  readonly doubt?: RedisFailure;
}

/**
 * Runs scripts whose effects count only once `replicas` replicas have them, in
 * one round trip; 0 waits for none. Throws a RedisFailure where a script's own
 * reply did not come.
 */
export function createReplicatedRun(
  redis: RedisCommands,
  replicas: number,
): (run: ScriptRun) => Promise<ReplicatedReply> {
  if (replicas === 0) {
    return async (run) => ({ reply: await redis.run(run) });
  }

  async function doubtOf(acknowledgements: Promise<number>): Promise<RedisFailure | undefined> {
    try {
      return (await acknowledgements) >= replicas ? undefined : new RedisFailure("NOT_REPLICATED");
    } catch (cause) {
      return new RedisFailure("NOT_REPLICATED", { cause });
    }
  }

  return async (run) => {
    let doubted: Promise<RedisFailure | undefined> = Promise.resolve(undefined);
    const reply = await redis.run(run, () => {
      doubted = doubtOf(redis.acknowledgements(replicas));
    });
    const doubt = await doubted;
    return doubt === undefined ? { reply } : { reply, doubt };
  };
}
