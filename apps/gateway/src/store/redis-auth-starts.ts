import type { AuthStarts } from "./auth-starts.ts";
import { nowScript } from "./now-script.ts";
import { createScript, type RedisCommands } from "./redis-commands.ts";
import type { ObserveCommand } from "./store-observer.ts";

export interface RedisAuthStartsOptions {
  readonly redis: RedisCommands;
  readonly observe: ObserveCommand;
}

/** Longer than whoever put a start waits before it drops it, in milliseconds. */
const keptMs = 15 * 60_000;
const startKey = (key: string) => `verigate:1:auth-start:${key}`;

/** KEYS: the start. ARGV: token, how long it is kept. A start is its token, and when it was by the server's clock. */
const putScript = `${nowScript}
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. now, 'PX', ARGV[2])
return 1
`;

/** KEYS: the start. Answers its age, -1 where there is none. */
const takeScript = `${nowScript}
local found = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return found and math.max(0, now - tonumber(string.match(found, '%d+$'))) or -1
`;

/** KEYS: the start. ARGV: token. Answers whether it was this one. */
const dropScript = `
local found = redis.call('GET', KEYS[1])
if not found or string.match(found, '^%S+') ~= ARGV[1] then
  return 0
end
return redis.call('DEL', KEYS[1])
`;

const [putting, taking, dropping] = [createScript(putScript), createScript(takeScript), createScript(dropScript)];

/** Starts in a Redis or Valkey server, so that a user may be verified by another process than the one that began. */
export function createRedisAuthStarts({ redis, observe }: RedisAuthStartsOptions): AuthStarts {
  return {
    async put(key, token) {
      await observe("initiate", () => redis.run({ script: putting, keys: [startKey(key)], args: [token, keptMs] }));
    },
    async take(key) {
      const ageMs = await observe("verify", () => redis.run({ script: taking, keys: [startKey(key)], args: [] }));
      return Number(ageMs) < 0 ? undefined : Number(ageMs);
    },
    async drop(key, token) {
      const run = { script: dropping, keys: [startKey(key)], args: [token] };
      return (await observe("abandon", () => redis.run(run))) === 1;
    },
  };
}
