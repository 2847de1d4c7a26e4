/**
 * Hands out turns inside Redis, in one atomic step.
 *
 * KEYS: when the next turn is due, in milliseconds of the server's clock. ARGV:
 * how many turns, and a TurnRate: spacing, burst, longest wait. Answers for each
 * turn the wait in microseconds, like `createTurns` of one process would.
 *
 * Turns that are due later than any can have been given tell of a clock that was
 * set back, or of another server's after a failover: they are forgotten, or
 * nobody would get a turn until then.
 */
export const turnScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local count, spacing, burst, waitMax = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local due = tonumber(redis.call('GET', KEYS[1]) or '')
if due and due > now + waitMax + spacing + 1 then
  due = now
end
local waits = {}
for turn = 1, count do
  local mine = math.max(due or 0, now - burst)
  if mine - now <= waitMax then
    due = mine + spacing
  end
  waits[turn] = math.ceil((mine - now) * 1000)
end
redis.call('SET', KEYS[1], string.format('%.17g', due), 'PX', math.ceil(math.max(1, due - now + burst)))
return waits
`;
