import { RedisRevocationLog, RevocationFeed } from '@causeway/auth';
import { Secret } from '@causeway/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openState, type State } from './open-state.ts';
import { describeStateStore } from './testing/state-store-contract.ts';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';

const failures: unknown[] = [];
const report = (error: unknown) => failures.push(error);
let postgres: TestPostgres;
let redis: TestRedis;
const states: Record<'postgres' | 'redis', State[]> = { postgres: [], redis: [] };

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startTestPostgres('embedded'), startTestRedis()]);
  const stateDatabaseUrl = new Secret(postgres.urlOf(await postgres.createDatabase()));
  const redisUrl = new Secret(redis.urlOf('portal'));
  // Both at once, as two replicas that start together.
  states.postgres = await Promise.all([
    openState({ stateDatabaseUrl }, report),
    openState({ stateDatabaseUrl }, report),
  ]);
  states.redis = await Promise.all([openState({ redisUrl }, report), openState({ redisUrl }, report)]);
});

afterAll(async () => {
  for (const state of [...states.postgres, ...states.redis]) await state.close();
  await Promise.all([postgres.stop(), redis.stop()]);
});

const replicasOf = (kind: keyof typeof states): [State, State] => {
  const [here, there] = states[kind];
  if (here === undefined || there === undefined) throw new Error('not open');
  return [here, there];
};

for (const kind of ['postgres', 'redis'] as const) {
  describeStateStore(kind, () => {
    const [here, there] = replicasOf(kind);
    return [here.store, there.store];
  });

  describe(`revocations on ${kind}`, () => {
    test('what one replica revokes holds in another within two seconds', async () => {
      const [here, there] = replicasOf(kind);
      const feed = new RevocationFeed({ log: here.revocations, report });
      const other = new RevocationFeed({ log: there.revocations, report });
      await Promise.all([feed.start(), other.start()]);
      const what = { kind: 'token', id: `jti-${kind}` } as const;
      await feed.revoke({ what, reason: 'revoked by its client', until: new Date(Date.now() + 60_000) });
      await expect.poll(() => other.revocationOf([what])?.reason, { timeout: 60_000 }).toBe('revoked by its client');
      feed.stop();
      other.stop();
    });

    test('who revokes again never shortens it, and what has run out is not read', async () => {
      const [{ revocations: log }] = replicasOf(kind);
      const what = { kind: 'agent', id: `agent-${kind}` } as const;
      const late = new Date(Date.now() + 60_000);
      await log.add({ what, reason: 'gone', until: late });
      await log.add({ what, reason: 'gone', until: new Date(Date.now() + 1000) });
      await log.add({ what: { kind: 'role', role: 'past' }, reason: 'gone', until: new Date(Date.now() - 1000) });
      const all = await log.all();
      expect(all.filter((one) => one.what.kind === 'agent')).toEqual([{ what, reason: 'gone', until: late }]);
      expect(all.some((one) => one.what.kind === 'role')).toBe(false);
    });
  });
}

test('a replica whose clock is a day ahead takes no revocation from the others', async () => {
  const [{ revocations: log, client }] = replicasOf('redis');
  if (!('redis' in client)) throw new Error('not Redis');
  const what = { kind: 'token', id: 'still-revoked' } as const;
  await log.add({ what, reason: 'gone', until: new Date(Date.now() + 600_000) });
  const ahead = new RedisRevocationLog(client.redis, () => Date.now() + 86_400_000);
  await ahead.add({ what: { kind: 'token', id: 'another' }, reason: 'gone', until: new Date(Date.now() + 87_000_000) });
  expect((await log.all()).map((one) => one.what)).toContainEqual(what);
});

test('what has ended is swept from the state database', async () => {
  const [{ store, client }] = replicasOf('postgres');
  if (!('pool' in client)) throw new Error('not Postgres');
  await store.set('sweep-me', 'x', { ttlMs: 1 });
  await expect.poll(() => store.get('sweep-me')).toBeUndefined();
  const { PostgresStateStore } = await import('./postgres-state-store.ts');
  expect(await new PostgresStateStore(client.pool).sweep()).toBeGreaterThan(0);
  const { rows } = await client.pool.query('SELECT 1 FROM causeway_portal_state WHERE expires_at <= now()');
  expect(rows).toHaveLength(0);
});
