import type { ChainableCommander, Redis } from 'ioredis';
import type { GroupCount, Keeping, StateStore } from './state-store.ts';

const ENTRY = 'causeway:portal:entry:';
/** A sorted set of keys by the time at which they end, so that dead members can be dropped. */
const GROUP = 'causeway:portal:group:';

export class RedisStateStore implements StateStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.#redis.get(ENTRY + key)) ?? undefined;
  }

  async set(key: string, value: string, keeping: Keeping): Promise<void> {
    const commands = this.#redis.multi().set(ENTRY + key, value, 'PX', Math.ceil(keeping.ttlMs));
    await run(join(commands, key, keeping));
  }

  async add(key: string, value: string, keeping: Keeping): Promise<boolean> {
    const commands = this.#redis.multi().set(ENTRY + key, value, 'PX', Math.ceil(keeping.ttlMs), 'NX');
    const [added] = await run(join(commands, key, keeping));
    return added === 'OK';
  }

  async take(key: string): Promise<string | undefined> {
    return (await this.#redis.getdel(ENTRY + key)) ?? undefined;
  }

  async delete(key: string, group?: string): Promise<void> {
    if (group === undefined) await this.#redis.del(ENTRY + key);
    else
      await run(
        this.#redis
          .multi()
          .del(ENTRY + key)
          .zrem(GROUP + group, key),
      );
  }

  async entriesOf(group: string): Promise<ReadonlyMap<string, string>> {
    const keys = await this.#redis.zrange(GROUP + group, '0', '-1');
    const values = keys.length === 0 ? [] : await this.#redis.mget(keys.map((key) => ENTRY + key));
    return new Map(
      keys.flatMap((key, at) => {
        const value = values[at];
        return typeof value === 'string' ? [[key, value] as const] : [];
      }),
    );
  }

  async countOf(group: string): Promise<GroupCount> {
    const now = Date.now();
    const [size, [, end]] = await Promise.all([
      this.#redis.zcount(GROUP + group, `(${now}`, '+inf'),
      this.#redis.zrangebyscore(GROUP + group, `(${now}`, '+inf', 'WITHSCORES', 'LIMIT', 0, 1),
    ]);
    return { size, firstEndsInMs: end === undefined ? 0 : Number(end) - now };
  }

  async deleteGroup(group: string): Promise<void> {
    const keys = await this.#redis.zrange(GROUP + group, '0', '-1');
    await this.#redis.del(GROUP + group, ...keys.map((key) => ENTRY + key));
  }
}

function join(commands: ChainableCommander, key: string, { ttlMs, group }: Keeping): ChainableCommander {
  if (group === undefined) return commands;
  const ms = Math.ceil(ttlMs);
  const now = Date.now();
  return (
    commands
      .zremrangebyscore(GROUP + group, '-inf', now)
      .zadd(GROUP + group, 'GT', now + ms, key)
      // NX and GT together: the group lives as long as its longest member.
      .pexpire(GROUP + group, ms, 'NX')
      .pexpire(GROUP + group, ms, 'GT')
  );
}

async function run(commands: ChainableCommander): Promise<unknown[]> {
  const results = (await commands.exec()) ?? [];
  return results.map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}
