-- Who sends the small prompt for all.
--
-- KEYS  1 what the last one found, which is there as long as it stands for everybody
--       2 the lease of the pod that asks
-- ARGV  1 the pod, 2 how long it may take to ask, in milliseconds
--
-- Answers what was found and how many milliseconds that stands still; `ask`, if it is this pod's
-- turn; or `wait`, while another asks.
local found = redis.call('GET', KEYS[1])
if found then
  return {found, redis.call('PTTL', KEYS[1])}
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {'ask', 0}
end
return {'wait', 0}
