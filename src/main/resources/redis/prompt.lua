-- Who sends the small prompt for all.
--
-- KEYS  1 what the last one found, which is there as long as it stands for everybody
--       2 the lease of the pod that asks
-- ARGV  1 the pod, 2 how long it may take to ask and 3 how long a finding stands, in milliseconds
--
-- Answers what was found and how many milliseconds that stands still; `ask`, if it is this pod's
-- turn; or `wait`, while another asks.

-- A key that lives longer than it may does so by a clock that was set back.
local function left(key, most)
  local life = redis.call('PTTL', key)
  if life > most then
    redis.call('PEXPIRE', key, most)
  end
  return math.min(life, most)
end

local lease, stands = tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('GET', KEYS[1])
if found then
  return {found, left(KEYS[1], stands)}
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', lease) then
  return {'ask', 0}
end
left(KEYS[2], lease)
return {'wait', 0}
