import { PostgresRevocationLog, RedisRevocationLog, type RevocationLog } from '@causeway/auth';
import { AppError, type Secret } from '@causeway/core';
import { openPool } from '@causeway/runtime';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { PostgresStateStore } from './postgres-state-store.ts';
import { RedisStateStore } from './redis-state-store.ts';
import type { StateStore } from './state-store.ts';

export interface StateLocation {
  readonly redisUrl?: Secret | undefined;
  readonly stateDatabaseUrl?: Secret | undefined;
}

/** One connection to what the replicas share, and the ports over it. */
export interface State {
  readonly store: StateStore;
  readonly revocations: RevocationLog;
  /** For the rate limiter, which brings its own statements. */
  readonly client: { readonly redis: Redis } | { readonly pool: pg.Pool };
  ping(): Promise<void>;
  close(): Promise<void>;
}

type Report = (error: unknown) => void;

const COMMAND_MS = 2000;
const POOL_MAX = 12;

/** Redis when there is one, else the state database. Rejects when it cannot be reached: a portal without state answers nobody. */
export function openState({ redisUrl, stateDatabaseUrl }: StateLocation, report: Report): Promise<State> {
  if (redisUrl !== undefined) return openRedis(redisUrl, report);
  if (stateDatabaseUrl !== undefined) return openPostgres(stateDatabaseUrl, report);
  throw new AppError('config_invalid', 'there is neither a Redis nor a state database');
}

async function openRedis(url: Secret, report: Report): Promise<State> {
  // Without `enableAutoPipelining`: when the connection breaks, ioredis 6 throws outside of any promise there, which ends the process.
  const redis = new Redis(url.reveal(), {
    lazyConnect: true,
    commandTimeout: COMMAND_MS,
    connectTimeout: COMMAND_MS,
    maxRetriesPerRequest: 1,
  });
  redis.on('error', report);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  return {
    store: new RedisStateStore(redis),
    revocations: new RedisRevocationLog(redis),
    client: { redis },
    ping: async () => {
      await redis.ping();
    },
    close: async () => redis.disconnect(),
  };
}

async function openPostgres(url: Secret, report: Report): Promise<State> {
  const pool = openPool({ url, name: 'portal', max: POOL_MAX, connectMs: COMMAND_MS, queryMs: COMMAND_MS, report });
  const store = new PostgresStateStore(pool);
  try {
    await store.prepare();
  } catch (error) {
    await pool.end();
    throw error;
  }
  const stopSweeping = store.sweepRegularly(report);
  return {
    store,
    revocations: new PostgresRevocationLog(pool),
    client: { pool },
    ping: async () => {
      await pool.query('SELECT 1');
    },
    close: async () => {
      stopSweeping();
      await pool.end();
    },
  };
}
