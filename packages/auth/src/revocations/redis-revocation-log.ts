import type { Redis } from 'ioredis';
import { readEntry, writeEntry } from './revocation-entry.ts';
import type { Revocation, RevocationLog } from './revocation-log.ts';

const ENTRIES = 'causeway:revocations';
/** Long after it ran out: a replica whose clock is ahead must not take from the others what still holds. */
const SWEPT_AFTER_MS = 7 * 24 * 3_600_000;
const VERSION = 'causeway:revocations:version';

/** A sorted set by the time at which an entry runs out, and a counter. The connection belongs to whoever opened it. */
export class RedisRevocationLog implements RevocationLog {
  readonly #redis: Redis;
  readonly #now: () => number;

  constructor(redis: Redis, now: () => number = Date.now) {
    this.#redis = redis;
    this.#now = now;
  }

  async prepare(): Promise<void> {
    await this.#redis.ping();
  }

  async add(revocation: Revocation): Promise<void> {
    const until = revocation.until.getTime();
    // GT: whoever revokes again never shortens it.
    const results = await this.#redis
      .multi()
      .zremrangebyscore(ENTRIES, '-inf', this.#now() - SWEPT_AFTER_MS)
      .zadd(ENTRIES, 'GT', until, writeEntry(revocation))
      .incr(VERSION)
      .exec();
    const failed = results?.find(([error]) => error !== null);
    if (results === null || failed !== undefined) throw failed?.[0] ?? new Error('the revocation was not written');
  }

  async version(): Promise<string> {
    return (await this.#redis.get(VERSION)) ?? '0';
  }

  async all(): Promise<readonly Revocation[]> {
    const flat = await this.#redis.zrangebyscore(ENTRIES, this.#now(), '+inf', 'WITHSCORES');
    return flat.flatMap((member, at) =>
      at % 2 === 0 ? [{ ...readEntry(member), until: new Date(Number(flat[at + 1])) }] : [],
    );
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
