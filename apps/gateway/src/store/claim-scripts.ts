import { mismatchesMax } from "./claim-store.ts";
import { nowScript } from "./now-script.ts";

/**
 * What the claim store does inside Redis: each script is one atomic step.
 *
 * A claim is a hash with the fields `payload`, `owner` and `leaseEnds` while it
 * runs, `payload`, `record` and `writtenAt` when it is settled, and `payload`
 * alone when it has lapsed; and `mismatches` once it was asked for with another
 * payload. Instants are milliseconds of the server's clock.
 */

/**
 * KEYS: the run marker, then the claim's names. ARGV: owner, lease, window, and
 * the payload of each name. Answers the run marker, a ClaimResult's kind, and of
 * a settled one its record and age. With a lease of 0 it only tells what a claim
 * would get; another payload counts all the same.
 *
 * The marker is made by whoever finds none: a process that sees another one than
 * before knows that everything was lost in between.
 */
export const claimScript = `${nowScript}
local owner, lease, window = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local marker = redis.call('GET', KEYS[1])
if not marker then
  marker = owner
  redis.call('SET', KEYS[1], marker)
end
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    local found = redis.call('HMGET', KEYS[i], 'payload', 'owner', 'leaseEnds', 'record', 'writtenAt', 'mismatches')
    local leaseEnds, writtenAt = tonumber(found[3] or ''), tonumber(found[5] or '')
    if not found[1] then
      return {marker, 'lapsed'}
    end
    if tonumber(found[6] or '0') >= ${mismatchesMax} and found[2] ~= owner then
      return {marker, 'barred'}
    end
    if found[1] ~= ARGV[2 + i] then
      redis.call('HINCRBY', KEYS[i], 'mismatches', 1)
      return {marker, 'other-payload'}
    end
    if found[4] and writtenAt then
      return {marker, 'settled', found[4], math.max(0, now - writtenAt)}
    end
    if found[2] and leaseEnds and now < leaseEnds then
      if found[2] ~= owner then
        return {marker, 'running'}
      end
      -- WAIT is about what its own connection wrote, and the claim may have come by an earlier one.
      if lease > 0 then
        redis.call('HSET', KEYS[i], 'owner', owner)
      end
      return {marker, 'claimed'}
    end
    redis.call('HDEL', KEYS[i], 'owner', 'leaseEnds')
    return {marker, 'lapsed'}
  end
end
if lease > 0 then
  redis.call('HSET', KEYS[2], 'payload', ARGV[4], 'owner', owner, 'leaseEnds', now + lease)
  redis.call('PEXPIRE', KEYS[2], window)
end
return {marker, 'claimed'}
`;

/** KEYS: the claim's first name. ARGV: owner, window, payload, record. */
export const settleScript = `${nowScript}
if redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'owner', 'leaseEnds')
redis.call('HSET', KEYS[1], 'payload', ARGV[3], 'record', ARGV[4], 'writtenAt', now)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`;

/** KEYS: the claim's first name. ARGV: owner. */
export const releaseScript = `
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
`;
