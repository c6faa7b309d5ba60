-- One caller's account: what it asked and used within the last minute, today and this month, and
-- which of its exchanges are under way. One run of this script is one atomic step, and the time is
-- Redis' own, so that pods need not agree on anything.
--
-- KEYS  1 a hash: since, day, daily, month, monthly, and for each second of the last minute
--         r<second> and t<second>, the requests and tokens that were taken in it
--       2 a sorted set: an exchange's id -> when it counts as under way no longer, in microseconds
--       3 anything: while it is there, the caller is blocked
--       4 a sorted set: exchanges that are over, where it might be told of them again -> since when
-- ARGV  1 the operation, 2 the length of a slot in microseconds (a second), 3 how long an exchange
--         counts unless it is renewed, 4 to 7 day, daily, month and monthly as the pod last knew
--         them, for an account that was lost; then its own
--
-- Every answer is: verdict, wait, since (0: there is no account), slot of the taking, requests, until none of them counts, tokens, until
-- none of them counts, concurrent, day, daily, month, monthly, blocked. Times are in microseconds.
local account, leases, block, over = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local operation, slot_length, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local SLOTS = 61
local DAY = 86400 * 1000000
local ACCOUNT_TTL_MS = 35 * 86400 * 1000
local LEASES_TTL_MS = 3600 * 1000
-- How long an exchange is remembered after its lease, so that being told of its end twice, or late,
-- does no harm.
local REMEMBERED = 3600 * 1000000

local ADMITTED, CONCURRENT, DAILY, MONTHLY, REQUESTS, TOKENS, BLOCKED = 0, 1, 2, 3, 4, 5, 6

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local slot = math.floor(now / slot_length)
local today = math.floor(now / DAY)

-- The number of a day's month, by Howard Hinnant's civil_from_days
-- (https://howardhinnant.github.io/date_algorithms.html).
local function month_of(day)
  local z = day + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp < 10 and mp + 3 or mp - 9
  return (yoe + era * 400 + (month <= 2 and 1 or 0)) * 12 + month
end

local this_month = month_of(today)

-- Large numbers have to be written without an exponent.
local function text(number)
  return string.format('%.0f', number)
end

-- What was taken, by slots; the slots to be written, and the fields to be deleted.
local requests, tokens, changed, stale = {}, {}, {}, {}
local was_set_back = false
local state = {}
local fields = redis.call('HGETALL', account)
for i = 1, #fields, 2 do
  local name, amount = fields[i], tonumber(fields[i + 1])
  local at = tonumber(string.match(name, '^[rt](%d+)$'))
  if not at then
    state[name] = amount
  else
    local window = string.sub(name, 1, 1) == 'r' and requests or tokens
    if at > slot then
      -- The clock was set back: what was taken counts for a minute from now.
      was_set_back = true
      changed[slot] = true
      stale[#stale + 1] = name
      window[slot] = (window[slot] or 0) + amount
    elseif at <= slot - SLOTS then
      stale[#stale + 1] = name
    else
      window[at] = (window[at] or 0) + amount
    end
  end
end
if state.day == today + 1 then
  -- So it was by less than a day, which begins no day anew.
  today = state.day
  this_month = month_of(today)
end
local exists = state.since ~= nil
local since = state.since or now
if not exists then
  state = {
    day = tonumber(ARGV[4]), daily = tonumber(ARGV[5]),
    month = tonumber(ARGV[6]), monthly = tonumber(ARGV[7])
  }
end
-- No lease is longer but by a clock that was set back; a dead pod's would go on for as long as that.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '(' .. text(now + lease), '+inf')) do
  redis.call('ZADD', leases, text(now + lease), id)
end
local daily = state.day == today and state.daily or 0
local monthly = state.month == this_month and state.monthly or 0

local function sum(window)
  local total = 0
  for _, amount in pairs(window) do
    total = total + amount
  end
  return total
end

-- How long until there is room; 0 if there is now.
local function until_free(window, limit, room)
  local missing = sum(window) + room - limit
  local at = slot - SLOTS + 1
  while missing > 0 and at <= slot do
    missing = missing - (window[at] or 0)
    if missing <= 0 then
      return (at + SLOTS) * slot_length - now
    end
    at = at + 1
  end
  return 0
end

local function concurrent()
  return redis.call('ZCOUNT', leases, '(' .. text(now), '+inf')
end

local function answer(verdict, wait, at)
  local asked, used = sum(requests), sum(tokens)
  return {
    verdict, wait, exists and since or 0, at or slot,
    asked, until_free(requests, asked, asked), used, until_free(tokens, used, used),
    concurrent(), today, daily, this_month, monthly, redis.call('EXISTS', block)
  }
end

local function take(at, asked, used)
  if at > slot - SLOTS then
    requests[at] = (requests[at] or 0) + asked
    tokens[at] = (tokens[at] or 0) + used
    changed[at] = true
  end
end

-- Gives back where it was taken, while that counts. Where a clock was set or a reply was lost it may
-- have been taken in another slot: then the newest that have it.
local function give_back(window, at, amount)
  local from, newest = math.min(at, slot), slot
  while amount > 0 and from > slot - SLOTS do
    local given = math.min(amount, window[from] or 0)
    if given > 0 then
      window[from] = window[from] - given
      changed[from] = true
      amount = amount - given
    end
    from, newest = newest, newest - 1
  end
end

local function count(day, month, used)
  if day == today then
    daily = math.max(0, daily + used)
  end
  if month == this_month then
    monthly = math.max(0, monthly + used)
  end
end

local function save()
  if #stale > 0 then
    redis.call('HDEL', account, unpack(stale))
  end
  redis.call('HSET', account, 'since', text(since), 'day', text(today), 'daily', text(daily),
    'month', text(this_month), 'monthly', text(monthly))
  for at in pairs(changed) do
    redis.call('HSET', account, 'r' .. text(at), text(requests[at] or 0),
      't' .. text(at), text(tokens[at] or 0))
  end
  redis.call('PEXPIRE', account, ACCOUNT_TTL_MS)
  exists = true
  for _, exchanges in ipairs({leases, over}) do
    redis.call('ZREMRANGEBYSCORE', exchanges, '-inf', text(now - REMEMBERED))
    redis.call('PEXPIRE', exchanges, LEASES_TTL_MS)
  end
end

-- Whether it is news that an exchange is over.
local function end_once(id)
  return redis.call('ZADD', over, 'NX', text(now), id) == 1
end

local function exceeds(limit, used, more)
  return limit >= 0 and used + more > limit
end

-- A request that is larger than the limit itself passes when nothing else goes on.
local function rate_wait(limit, window, amount)
  if limit < 0 then
    return 0
  end
  return until_free(window, limit, math.min(amount, limit))
end

-- 8 the exchange's id, 9 the tokens to reserve, 10 the age of the request, 11 whether it goes on
-- whatever the limits say, 12 to 16 the most concurrent exchanges, daily and monthly tokens,
-- requests and tokens a minute (-1: no limit).
local function admit()
  local id, demand = ARGV[8], tonumber(ARGV[9])
  local at = slot - math.floor(tonumber(ARGV[10]) / slot_length)
  if redis.call('ZSCORE', leases, id) or redis.call('ZSCORE', over, id) then
    return answer(ADMITTED, 0, at)
  end
  if ARGV[11] ~= '1' then
    local verdict, wait = ADMITTED, 0
    if redis.call('EXISTS', block) == 1 then
      verdict = BLOCKED
    elseif exceeds(tonumber(ARGV[12]), concurrent(), 1) then
      verdict = CONCURRENT
    elseif exceeds(tonumber(ARGV[13]), daily, demand) then
      verdict = DAILY
    elseif exceeds(tonumber(ARGV[14]), monthly, demand) then
      verdict = MONTHLY
    else
      wait = rate_wait(tonumber(ARGV[15]), requests, 1)
      if wait > 0 then
        verdict = REQUESTS
      else
        wait = rate_wait(tonumber(ARGV[16]), tokens, demand)
        verdict = wait > 0 and TOKENS or ADMITTED
      end
    end
    if verdict ~= ADMITTED then
      if was_set_back then
        save()
      end
      return answer(verdict, wait)
    end
  end
  take(at, 1, demand)
  count(today, this_month, demand)
  redis.call('ZADD', leases, text(now + lease), id)
  save()
  return answer(ADMITTED, 0, at)
end

-- 8 the exchange's id, 9 the account's `since` and 10 to 12 the slot, day and month when it was
-- admitted, 13 the tokens reserved, 14 the tokens used, 15 whether it came to nothing, 16 whether
-- the request to admit it may still be on its way.
local function settle()
  local id, began, at = ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
  local day, month = tonumber(ARGV[11]), tonumber(ARGV[12])
  local reserved, used, nothing = tonumber(ARGV[13]), tonumber(ARGV[14]), ARGV[15] == '1'
  local known = redis.call('ZREM', leases, id) == 1
  if ARGV[16] == '1' then
    end_once(id)
  end
  if began ~= since then
    -- The account was lost meanwhile, and with it what was reserved.
    if not nothing and end_once(id) then
      take(slot, 0, used)
      count(day, month, used)
    end
  elseif known then
    give_back(requests, at, nothing and 1 or 0)
    give_back(tokens, at, math.max(0, reserved - used))
    take(slot, 0, math.max(0, used - reserved))
    count(day, month, used - reserved)
  end
  save()
  return answer(ADMITTED, 0)
end

-- 8 the id of an exchange that nothing was known of and that is over, 9 the tokens used, 10 its age.
local function charge()
  local id, used, age = ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10])
  local at = slot - math.floor(age / slot_length)
  local day = math.floor((now - age) / DAY)
  if end_once(id) then
    take(at, 1, used)
    count(day, month_of(day), used)
  end
  save()
  return answer(ADMITTED, 0)
end

-- From 8 on, of each exchange the account's `since` when it was admitted, and its id. One that the
-- account does not know is over, unless the account was lost.
local function renew()
  local deadline = text(now + lease)
  for i = 8, #ARGV, 2 do
    if tonumber(ARGV[i]) == since then
      redis.call('ZADD', leases, 'XX', deadline, ARGV[i + 1])
    else
      redis.call('ZADD', leases, deadline, ARGV[i + 1])
    end
  end
  redis.call('PEXPIRE', leases, LEASES_TTL_MS)
  return answer(ADMITTED, 0)
end

if operation == 'admit' then
  return admit()
elseif operation == 'settle' then
  return settle()
elseif operation == 'charge' then
  return charge()
elseif operation == 'renew' then
  return renew()
else
  return answer(ADMITTED, 0)
end
