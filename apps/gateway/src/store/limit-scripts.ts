import { rememberedMs, slices } from "./limit-store.ts";
import { nowScript } from "./now-script.ts";

/**
 * What the limit store does inside Redis: each script is one atomic step. What it
 * is about comes as JSON; keys are made in the script, because the ones of phones
 * and countries depend on what is found there (Redis Cluster is not spoken).
 *
 * - A log is a list of instants, newest first, no two the same, so that each can
 *   be given back by its instant. One that a success has cleared is negative: it
 *   counts only where nothing clears.
 * - A count or tally is a hash: events by the number of the slice of time.
 * - A user is a hash of `phone` and `country`.
 * - A hold is what a reservation has counted, until it is settled: a list in JSON
 *   of kind, key, instant or slice, and whether it is of attempts.
 *
 * Instants are milliseconds of the server's clock.
 */
const common = `${nowScript}local base, slices = 'verigate:1:limit:', ${slices}
local holdMs, rememberedMs = 3600000, ${rememberedMs}

local function sliceAt(windowMs)
  return math.floor(now / (windowMs / slices))
end

local function add(key, windowMs)
  local slice = sliceAt(windowMs)
  if redis.call('HINCRBY', key, slice, 1) == 1 then
    for _, each in ipairs(redis.call('HKEYS', key)) do
      if tonumber(each) < slice - slices then
        redis.call('HDEL', key, each)
      end
    end
    redis.call('PEXPIRE', key, math.ceil(windowMs + windowMs / slices))
  end
  return slice
end
`;

/**
 * KEYS: the run marker, the hold. ARGV: the reservation. Answers the run marker,
 * 'granted' or 'denied', the country or '', the state of each demand's windows
 * (left, wait, next), and the tallies.
 */
export const reserveScript = `${common}
local asked = cjson.decode(ARGV[1])
local marker = redis.call('GET', KEYS[1])
if not marker then
  marker = asked.owner
  redis.call('SET', KEYS[1], marker)
end

local phones, country, isExempt = {}, nil, false
for _, user in ipairs(asked.users) do
  local found = redis.call('HMGET', base .. user, 'phone', 'country')
  if found[1] then
    phones[user] = found[1]
    country = country or found[2]
    redis.call('PEXPIRE', base .. user, rememberedMs)
    for _, phone in ipairs(asked.exemptPhones) do
      isExempt = isExempt or phone == found[1]
    end
  end
end

local function keyOf(demand)
  local phone = demand.byPhone and phones[demand.byPhone.user]
  return base .. (phone and demand.byPhone.prefix .. phone or demand.key)
end

local function sum(key, windowMs)
  local first, total, oldest = sliceAt(windowMs) - slices, 0, nil
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local slice = tonumber(all[i])
    if slice >= first then
      total = total + all[i + 1]
      oldest = math.min(oldest or slice, slice)
    end
  end
  return total, oldest
end

local function countState(key, window)
  local total, oldest = sum(key, window.windowMs)
  local gone = ((oldest or sliceAt(window.windowMs)) + slices + 1) * window.windowMs / slices
  local wait = math.max(0, math.ceil(gone - now))
  local left = math.max(0, window.max - total)
  return {left, left == 0 and wait or 0, left <= 1 and wait or 0}
end

-- Of the event that would be added.
local function instantOf(events)
  return events[1] and math.max(now, math.abs(events[1]) + 1) or now
end

local function logState(events, window)
  local counted = {}
  for _, event in ipairs(events) do
    local at = math.abs(event)
    if at + window.windowMs > now and not (window.isClearable and event < 0) then
      counted[#counted + 1] = at
    end
  end
  local function untilGone(at)
    return at and at + window.windowMs - now or 0
  end
  local before, after = counted[window.max], window.max == 1 and instantOf(events) or counted[window.max - 1]
  return {math.max(0, window.max - #counted), untilGone(before), untilGone(after)}
end

local states, logs, isGranted = {}, {}, true
for d, demand in ipairs(asked.demands) do
  states[d] = {}
  local isNowhere = demand.byPhone and demand.byPhone.isRequired and not phones[demand.byPhone.user]
  if not (demand.kind == 'log' and isExempt or isNowhere) then
    local key = keyOf(demand)
    if demand.kind == 'log' then
      logs[d] = {}
      for i, event in ipairs(redis.call('LRANGE', key, 0, -1)) do
        logs[d][i] = tonumber(event)
      end
    end
    for w, window in ipairs(demand.windows) do
      states[d][w] = logs[d] and logState(logs[d], window) or countState(key, window)
      isGranted = isGranted and (window.isShadow or states[d][w][1] > 0)
    end
  end
end

local tallied = {}
for t, tally in ipairs(asked.tallies) do
  tallied[t] = sum(base .. tally.key .. (tally.isByCountry and ':' .. (country or 'unknown') or ''), tally.windowMs)
end

local isHeld = redis.call('EXISTS', KEYS[2]) == 1
if isGranted and not isHeld then
  local held = {}
  for d, demand in ipairs(asked.demands) do
    if #states[d] > 0 then
      local key, at = keyOf(demand), now
      if demand.kind == 'count' then
        at = add(key, demand.windows[1].windowMs)
      else
        local longestMs, max, kept = 0, 0, 0
        for _, window in ipairs(demand.windows) do
          longestMs, max = math.max(longestMs, window.windowMs), math.max(max, window.max)
        end
        while kept < math.min(#logs[d], max - 1) and math.abs(logs[d][kept + 1]) + longestMs > now do
          kept = kept + 1
        end
        at = kept > 0 and instantOf(logs[d]) or now
        redis.call('LPUSH', key, at)
        redis.call('LTRIM', key, 0, kept)
        redis.call('PEXPIRE', key, longestMs)
      end
      held[#held + 1] = {demand.kind, key, at, demand.isAttempt or false}
    end
  end
  if not asked.isFinal then
    redis.call('SET', KEYS[2], cjson.encode(held), 'PX', holdMs)
  end
end
return {marker, (isGranted or isHeld) and 'granted' or 'denied', country or '', states, tallied}
`;

/** KEYS: the hold. ARGV: how, and keys and windows of tallies. */
export const settleLimitsScript = `${common}
local held = redis.call('GET', KEYS[1])
if not held then
  return 0
end
redis.call('DEL', KEYS[1])
local how = ARGV[1]
for _, each in ipairs(cjson.decode(held)) do
  local kind, key, at = each[1], each[2], each[3]
  local isKept = how == 'keep' or how == 'attempt' and each[4]
  if kind == 'count' and not isKept and redis.call('HINCRBY', key, at, -1) <= 0 then
    redis.call('HDEL', key, at)
  end
  if kind == 'log' and not isKept and redis.call('LREM', key, 1, at) == 0 then
    redis.call('LREM', key, 1, -at)
  end
  if kind == 'log' and how == 'clear' then
    for i, event in ipairs(redis.call('LRANGE', key, 0, -1)) do
      redis.call('LSET', key, i - 1, -math.abs(tonumber(event)))
    end
  end
end
for _, tally in ipairs(cjson.decode(ARGV[2])) do
  add(base .. tally.key, tally.windowMs)
end
return 1
`;

/** ARGV: users, each with a phone and its country. */
export const rememberScript = `${common}
for _, each in ipairs(cjson.decode(ARGV[1])) do
  redis.call('HSET', base .. each.user, 'phone', each.phone, 'country', each.country)
  redis.call('PEXPIRE', base .. each.user, rememberedMs)
end
return 1
`;
