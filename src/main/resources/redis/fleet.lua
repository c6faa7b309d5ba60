-- Which pods there are.
--
-- KEYS  1 a sorted set: a pod -> when it was last heard of, in milliseconds
-- ARGV  1 the pod, 2 how long a pod is believed in, in milliseconds, 3 whether it leaves
--
-- Answers with their number, and with the name that this run of Redis goes by (empty if it may not
-- be asked for), which tells a server from the one that came in its place.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local believed = tonumber(ARGV[2])
if ARGV[3] == '1' then
  redis.call('ZREM', KEYS[1], ARGV[1])
else
  redis.call('ZADD', KEYS[1], now, ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - believed)
-- The clock was set back: whoever lives tells again.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')
redis.call('PEXPIRE', KEYS[1], believed)
local about = redis.pcall('INFO', 'server')
local run = type(about) == 'string' and string.match(about, 'run_id:(%w+)') or ''
return {redis.call('ZCARD', KEYS[1]), run}
