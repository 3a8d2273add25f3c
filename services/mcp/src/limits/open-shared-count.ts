import { setTimeout as delay } from 'node:timers/promises';
import type { Secret } from '@causeway/core';
import { openPool } from '@causeway/runtime';
import { Redis } from 'ioredis';
import type pg from 'pg';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import type { SharedCount } from './call-window.ts';

export interface SharedCountLocation {
  readonly redisUrl?: Secret | undefined;
  readonly stateDatabaseUrl?: Secret | undefined;
  readonly report: (error: unknown) => void;
}

export interface OpenSharedCount extends SharedCount {
  /** Rejects when replicas count each for itself. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const SECONDS = 60;
const COMMAND_MS = 1000;
const TABLE = 'mcp_call_windows';

/** The limit is the policy's and may change; what is kept here only counts. */
const COUNTING = { points: 1_000_000_000, duration: SECONDS, keyPrefix: 'causeway:calls' };

/** Counts of all replicas. While the store is away each replica counts for itself: limits are wider then, and never gone. */
export async function openSharedCount(location: SharedCountLocation): Promise<OpenSharedCount> {
  const { redisUrl, stateDatabaseUrl } = location;
  if (redisUrl !== undefined) return openRedis(redisUrl, location.report);
  if (stateDatabaseUrl !== undefined) return openPostgres(stateDatabaseUrl, location.report);
  throw new TypeError('there is neither a Redis nor a state database');
}

function openRedis(url: Secret, report: (error: unknown) => void): OpenSharedCount {
  const redis = new Redis(url.reveal(), {
    commandTimeout: COMMAND_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
  });
  redis.on('error', report);
  const limiter = new RateLimiterRedis({
    ...COUNTING,
    storeClient: redis,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory(COUNTING),
  });
  return {
    add: countWith(limiter),
    ping: async () => void (await redis.ping()),
    close: async () => redis.disconnect(),
  };
}

async function openPostgres(url: Secret, report: (error: unknown) => void): Promise<OpenSharedCount> {
  const pool = openPool({ url, name: 'call-limits', max: 4, connectMs: COMMAND_MS, queryMs: COMMAND_MS, report });
  const limiter = await createTable(pool);
  return { add: countWith(limiter), ping: async () => void (await pool.query('SELECT 1')), close: () => pool.end() };
}

const TRIES = 5;

/** Replicas that start at the same moment meet in `CREATE TABLE IF NOT EXISTS`, which then fails for all but one. */
async function createTable(pool: pg.Pool, tries = TRIES): Promise<RateLimiterPostgres> {
  try {
    return await new Promise<RateLimiterPostgres>((resolve, reject) => {
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
  } catch (error) {
    if (tries <= 1) throw error;
    await delay(100);
    return createTable(pool, tries - 1);
  }
}

function countWith(limiter: RateLimiterAbstract): SharedCount['add'] {
  return async (key, points) => {
    const { consumedPoints, msBeforeNext }: RateLimiterRes = await limiter.penalty(key, points);
    return { total: consumedPoints, endsInMs: msBeforeNext };
  };
}
