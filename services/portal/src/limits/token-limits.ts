import { AppError } from '@causeway/core';
import type { PolicyDocument } from '@causeway/policy';
import { addressBlock, LeasedWindow, sharedCount } from '@causeway/runtime';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';
import type { State } from '../state/open-state.ts';

/** Whom the token endpoint counts; `registration` is an address that registers clients. */
type LimitKind = 'address' | 'client' | 'subject' | 'registration';

export interface TokenLimits {
  /** Counts one request, and throws `rate_limited` when there were too many within a minute, or registrations within an hour. */
  count(kind: LimitKind, key: string): Promise<void>;
}

const MINUTE = 60;
const HOUR = 3600;
/** No setting: who needs more is named in the policy. */
const REGISTRATIONS_PER_HOUR = 40;
const TABLE = 'causeway_portal_limits';

/**
 * Windows that all replicas share. Of a limit of 200 or more a replica takes a hundredth in advance and counts in memory, so
 * that few requests ask the store; a smaller one is counted there each time. A key that is over its limit is refused from
 * memory. While the store is down each replica counts for itself.
 */
export async function openTokenLimits(client: State['client'], document: () => PolicyDocument): Promise<TokenLimits> {
  await prepare(client);
  const minute = new LeasedWindow(sharedCount(limiterOf(client, MINUTE)));
  const hour = new LeasedWindow(sharedCount(limiterOf(client, HOUR)));
  return {
    count: async (kind, key) => {
      const limit = limitOf(document(), kind);
      const whose = kind === 'address' || kind === 'registration' ? addressBlock(key) : key;
      // A changed limit counts anew: windows of what the policy limits are a minute long.
      const waitMs = await (kind === 'registration' ? hour : minute).take(`${kind} ${limit} ${whose}`, limit);
      if (waitMs === undefined) return;
      throw new AppError('rate_limited', `too many ${COUNTED[kind]}`, { retryAfterMs: waitMs });
    },
  };
}

const COUNTED: Readonly<Record<LimitKind, string>> = {
  address: 'token requests of one address',
  client: 'token requests of one client',
  subject: 'token requests of one subject',
  registration: 'registrations of one address',
};

function limitOf({ policy: { limits } }: PolicyDocument, kind: LimitKind): number {
  switch (kind) {
    case 'address':
      return limits.tokenRequestsPerMinutePerAddress;
    case 'client':
      return limits.tokenRequestsPerMinutePerClient;
    case 'subject':
      return limits.tokenRequestsPerMinutePerSubject;
    case 'registration':
      return REGISTRATIONS_PER_HOUR;
  }
}

function limiterOf(client: State['client'], seconds: number): RateLimiterRedis | RateLimiterPostgres {
  const counting = { keyPrefix: 'causeway:portal:limit', points: 1, duration: seconds };
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
