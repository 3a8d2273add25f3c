import { AppError } from '@causeway/core';
import type { PolicyDocument } from '@causeway/policy';
import { addressBlock, LeasedWindow, sharedCount } from '@causeway/runtime';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { State } from '../state/open-state.ts';

/** Whom the token endpoint counts. */
type LimitKind = 'address' | 'client' | 'subject';

export interface TokenLimits {
  /** Counts one request, and throws `rate_limited` when there were too many within a minute. */
  count(kind: LimitKind, key: string): Promise<void>;
}

const WINDOW_SECONDS = 60;
const TABLE = 'causeway_portal_limits';

/**
 * Windows that all replicas share. Of a limit of 200 or more a replica takes a hundredth in advance and counts in memory, so
 * that few requests ask the store; a smaller one is counted there each time. A key that is over its limit is refused from
 * memory. While the store is down each replica counts for itself.
 */
export async function openTokenLimits(client: State['client'], document: () => PolicyDocument): Promise<TokenLimits> {
  await prepare(client);
  const window = new LeasedWindow(sharedCount(limiterOf(client)));
  return {
    count: async (kind, key) => {
      const limit = limitOf(document(), kind);
      // A changed limit counts anew: windows are a minute long.
      const waitMs = await window.take(`${kind} ${limit} ${kind === 'address' ? addressBlock(key) : key}`, limit);
      if (waitMs === undefined) return;
      throw new AppError('rate_limited', `too many token requests of one ${kind}`, { retryAfterMs: waitMs });
    },
  };
}

function limitOf({ policy: { limits } }: PolicyDocument, kind: LimitKind): number {
  switch (kind) {
    case 'address':
      return limits.tokenRequestsPerMinutePerAddress;
    case 'client':
      return limits.tokenRequestsPerMinutePerClient;
    case 'subject':
      return limits.tokenRequestsPerMinutePerSubject;
  }
}

function limiterOf(client: State['client']): RateLimiterRedis | RateLimiterPostgres {
  const counting = { keyPrefix: 'causeway:portal:limit', points: 1, duration: WINDOW_SECONDS };
  const common = { ...counting, insuranceLimiter: new RateLimiterMemory(counting) };
  return 'redis' in client
    ? new RateLimiterRedis({ ...common, storeClient: client.redis, rejectIfRedisNotReady: true })
    : new RateLimiterPostgres({ ...common, storeClient: client.pool, tableName: TABLE, tableCreated: true });
}

/** The library makes its table without a lock, and two replicas that start together would collide in the catalog. */
async function prepare(client: State['client']): Promise<void> {
  if (!('pool' in client)) return;
  await client.pool.query(`
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtext('${TABLE}'));
    CREATE UNLOGGED TABLE IF NOT EXISTS ${TABLE}
      (key varchar(255) PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint);
    COMMIT`);
}
