import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { GENIE_WINDOW_MS, type GenieWindow } from './genie-window.ts';

/** Redis' own clock, so that replicas need not agree on theirs. One script is one step: nobody counts in between. */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, most, most_of_caller = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
for _, key in ipairs(KEYS) do redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window) end
local function wait(key, max)
  local count = redis.call('ZCARD', key)
  if count < max then return nil end
  local oldest = redis.call('ZRANGE', key, count - max, count - max, 'WITHSCORES')
  return math.max(1, oldest[2] + window - now)
end
local refused = wait(KEYS[2], most_of_caller) or wait(KEYS[1], most)
if refused then return refused end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[1])
  redis.call('PEXPIRE', key, window)
end
return -1
`;

// The braces keep both keys on one node of a cluster.
const PREFIX = '{causeway:genie}';

/** The window in Redis: one Lua call. */
export function createRedisGenieWindow(redis: Redis): GenieWindow {
  return {
    take: async (caller, { limit, perCaller }) => {
      const keys = [`${PREFIX}:all`, `${PREFIX}:${caller}`];
      const waitMs = Number(
        await redis.eval(TAKE, keys.length, ...keys, randomUUID(), GENIE_WINDOW_MS, limit, perCaller),
      );
      return waitMs < 0 ? undefined : waitMs;
    },
  };
}
