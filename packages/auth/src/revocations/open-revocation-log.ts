import { AppError, type Secret } from '@causeway/core';
import { openPool } from '@causeway/runtime';
import { Redis } from 'ioredis';
import { PostgresRevocationLog } from './postgres-revocation-log.ts';
import { RedisRevocationLog } from './redis-revocation-log.ts';
import type { RevocationLog } from './revocation-log.ts';

export interface RevocationLogLocation {
  readonly redisUrl?: Secret | undefined;
  readonly stateDatabaseUrl?: Secret | undefined;
  /** Errors of idle connections. */
  readonly report: (error: unknown) => void;
}

const COMMAND_MS = 2000;

/** The log over a connection of its own, for a process that keeps nothing else there. */
export function openRevocationLog({ redisUrl, stateDatabaseUrl, report }: RevocationLogLocation): RevocationLog {
  if (redisUrl !== undefined) {
    const redis = new Redis(redisUrl.reveal(), { commandTimeout: COMMAND_MS, maxRetriesPerRequest: 1 });
    redis.on('error', report);
    return closing(new RedisRevocationLog(redis), async () => redis.disconnect());
  }
  if (stateDatabaseUrl === undefined)
    throw new AppError('config_invalid', 'there is neither a Redis nor a state database');
  const pool = openPool({
    url: stateDatabaseUrl,
    name: 'revocations',
    max: 2,
    connectMs: COMMAND_MS,
    queryMs: COMMAND_MS,
    report,
  });
  return closing(new PostgresRevocationLog(pool), () => pool.end());
}

function closing(log: RevocationLog, close: () => Promise<void>): RevocationLog {
  return {
    prepare: () => log.prepare(),
    add: (revocation) => log.add(revocation),
    version: () => log.version(),
    all: () => log.all(),
    close,
  };
}
