import { AppError, type Secret } from '@causeway/core';
import { hiddenKey, openPool, type SharedCount, sharedCount } from '@causeway/runtime';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { GenieWindow } from './genie-window.ts';
import { createPostgresGenieWindow } from './postgres-genie-window.ts';
import { createRedisGenieWindow } from './redis-genie-window.ts';
import { underLock } from './under-lock.ts';

export interface RateStoreLocation {
  readonly redisUrl?: Secret | undefined;
  readonly stateDatabaseUrl?: Secret | undefined;
  readonly report: (error: unknown) => void;
  /** A call waits no longer than this for its place in the count. */
  readonly commandMs?: number;
}

/** What all replicas count together. */
export interface RateStore {
  /** While the store is away each replica counts for itself: limits are wider then, and never gone. */
  readonly calls: SharedCount;
  /** While the store is away there are no questions: a question too many is one that fails at Genie. */
  readonly genie: GenieWindow;
  /** Rejects when replicas count each for itself. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const SECONDS = 60;
const COMMAND_MS = 1000;
const TABLE = 'mcp_call_windows';

/** The limit is the policy's and may change; what is kept here only counts. */
const COUNTING = { points: 1_000_000_000, duration: SECONDS, keyPrefix: 'causeway:calls' };

export async function openRateStore({ redisUrl, stateDatabaseUrl, ...how }: RateStoreLocation): Promise<RateStore> {
  if (redisUrl !== undefined) return openRedis(redisUrl, how);
  if (stateDatabaseUrl !== undefined) return openPostgres(stateDatabaseUrl, how);
  throw new TypeError('there is neither a Redis nor a state database');
}

type How = Pick<RateStoreLocation, 'report' | 'commandMs'>;

function openRedis(url: Secret, { report, commandMs = COMMAND_MS }: How): RateStore {
  const options = { commandTimeout: commandMs, maxRetriesPerRequest: 1, enableOfflineQueue: false };
  const redis = new Redis(url.reveal(), options);
  redis.on('error', report);
  const limiter = new RateLimiterRedis({
    ...COUNTING,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(COUNTING),
  });
  return {
    calls: sharedCount(limiter),
    genie: guarded(createRedisGenieWindow(redis)),
    ping: async () => void (await redis.ping()),
    close: async () => redis.disconnect(),
  };
}

async function openPostgres(url: Secret, { report, commandMs = COMMAND_MS }: How): Promise<RateStore> {
  const pool = openPool({ url, name: 'rates', max: 4, connectMs: commandMs, queryMs: commandMs, report });
  try {
    return {
      calls: sharedCount(await underLock(pool, () => createLimiter(pool))),
      genie: guarded(await createPostgresGenieWindow(pool)),
      ping: async () => void (await pool.query('SELECT 1')),
      close: () => pool.end(),
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/** The library's answer comes by a callback, once its table is there. */
function createLimiter(pool: pg.Pool): Promise<RateLimiterPostgres> {
  return new Promise((resolve, reject) => {
    const limiter = new RateLimiterPostgres(
      {
        ...COUNTING,
        storeClient: pool,
        storeType: 'client',
        tableName: TABLE,
        clearExpiredByTimeout: true,
        insuranceLimiter: new RateLimiterMemory(COUNTING),
      },
      (error?: Error) => (error === undefined ? resolve(limiter) : reject(error)),
    );
  });
}

function guarded(window: GenieWindow): GenieWindow {
  return {
    take: async (caller, quota) => {
      try {
        return await window.take(hiddenKey(caller), quota);
      } catch (error) {
        throw new AppError('upstream_unavailable', 'the window of Genie’s questions cannot be read', { cause: error });
      }
    },
  };
}
