import { AppError } from '@causeway/core';
import type { PolicyDocument } from '@causeway/policy';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { State } from '../state/open-state.ts';
import { addressBlock } from './address-block.ts';

/** Whom the token endpoint counts. */
type LimitKind = 'address' | 'client' | 'subject';

export interface TokenLimits {
  /** Counts one request, and throws `rate_limited` when there were too many within a minute. */
  count(kind: LimitKind, key: string): Promise<void>;
}

const WINDOW_SECONDS = 60;
const TABLE = 'causeway_portal_limits';

/**
 * Windows that all replicas share. A key that is over its limit is refused from memory, so that a flood costs no round trip;
 * while the store is down each replica counts for itself.
 */
export async function openTokenLimits(client: State['client'], document: () => PolicyDocument): Promise<TokenLimits> {
  await prepare(client);
  const limiters = new Map<string, RateLimiterAbstract>();
  const limiterOf = (kind: LimitKind) => {
    const points = pointsOf(document(), kind);
    // A changed limit counts anew: windows are a minute long.
    const name = `${kind}:${points}`;
    const known = limiters.get(name) ?? createLimiter(client, { name, points });
    if (limiters.size > 30) limiters.clear();
    limiters.set(name, known);
    return known;
  };
  return {
    count: async (kind, key) => {
      try {
        await limiterOf(kind).consume(kind === 'address' ? addressBlock(key) : key);
      } catch (thrown) {
        if (!(thrown instanceof RateLimiterRes)) throw thrown;
        const retryAfterMs = Math.max(thrown.msBeforeNext, 1);
        throw new AppError('rate_limited', `too many token requests of one ${kind}`, { retryAfterMs });
      }
    },
  };
}

function pointsOf({ policy: { limits } }: PolicyDocument, kind: LimitKind): number {
  switch (kind) {
    case 'address':
      return limits.tokenRequestsPerMinutePerAddress;
    case 'client':
      return limits.tokenRequestsPerMinutePerClient;
    case 'subject':
      return limits.tokenRequestsPerMinutePerSubject;
  }
}

interface Window {
  readonly name: string;
  readonly points: number;
}

function createLimiter(client: State['client'], { name, points }: Window): RateLimiterAbstract {
  const keyPrefix = `causeway:portal:limit:${name}`;
  const common = {
    keyPrefix,
    points,
    duration: WINDOW_SECONDS,
    inMemoryBlockOnConsumed: points + 1,
    insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration: WINDOW_SECONDS }),
  };
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
