import { Secret } from '@causeway/core';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { LeasedWindow } from '@causeway/runtime';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { openRateStore, type RateStore } from './open-rate-store.ts';

/** Somebody who has waited for the tables for longer than a command may take. */
const WAITING = `SELECT 1 FROM pg_stat_activity
  WHERE application_name = 'cw:rates' AND wait_event = 'advisory' AND now() - query_start > interval '1500 ms'`;

let postgres: TestPostgres;
let redis: TestRedis;
beforeAll(async () => {
  [postgres, redis] = await Promise.all([startTestPostgres('embedded'), startTestRedis()]);
});
afterAll(() => Promise.all([postgres?.stop(), redis?.stop()]));

const report = () => undefined;
// What is tested here is the count. A busy machine must not make a replica count for itself.
const commandMs = 60_000;
const WAIT = { timeout: 60_000 };
const LOCATIONS = {
  Postgres: async () => ({
    stateDatabaseUrl: new Secret(postgres.urlOf(await postgres.createDatabase())),
    report,
    commandMs,
  }),
  Redis: async () => {
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    return { redisUrl: new Secret(redis.urlOf('mcp')), report, commandMs };
  },
};

/** Replicas that start at the same moment, and a key that no other test has. */
async function replicas(kind: keyof typeof LOCATIONS) {
  const location = await LOCATIONS[kind]();
  const stores = await Promise.all(Array.from({ length: 12 }, () => openRateStore(location)));
  // A command before the connection is there would be counted by the replica alone.
  await expect
    .poll(() => Promise.all(stores.map((store) => store.ping().then(() => true))).catch(() => false), WAIT)
    .toBeTruthy();
  const close = () => Promise.all(stores.map((store) => store.close()));
  return { stores, close, key: (name: string) => `${kind} ${name} ${crypto.randomUUID()}` };
}

const at = (stores: readonly RateStore[], n: number) => stores[n % stores.length] as RateStore;

describe.each(['Postgres', 'Redis'] as const)('over %s', (kind) => {
  test('calls are counted for all replicas together', async () => {
    const { stores, close, key } = await replicas(kind);
    const [one, other] = stores.map(({ calls }) => new LeasedWindow(calls)) as [LeasedWindow, LeasedWindow];
    const caller = key('calls');
    const results = await Promise.all(
      Array.from({ length: 90 }, (_, n) => (n % 2 === 0 ? one : other).take(caller, 50)),
    );
    expect(results.filter((waitMs) => waitMs === undefined)).toHaveLength(50);
    expect(Math.max(...results.filter((waitMs) => waitMs !== undefined))).toBeLessThanOrEqual(60_000);
    await close();
  });

  test('Genie’s window is exact when everybody asks at once', async () => {
    const { stores, close, key } = await replicas(kind);
    const callers = Array.from({ length: 6 }, () => key('genie'));
    const quota = { limit: 20, perCaller: 20 };
    const results = await Promise.all(
      Array.from({ length: 90 }, (_, n) => at(stores, n).genie.take(callers[n % 6] as string, quota)),
    );
    expect(results.filter((waitMs) => waitMs === undefined)).toHaveLength(20);
    const waits = results.filter((waitMs) => waitMs !== undefined);
    expect(Math.min(...waits)).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    await close();
  });

  test('one caller cannot use up the window of the others', async () => {
    const { stores, close, key } = await replicas(kind);
    const [greedy, other] = [key('greedy'), key('other')];
    const quota = { limit: 10, perCaller: 5 };
    const results = await Promise.all(Array.from({ length: 12 }, (_, n) => at(stores, n).genie.take(greedy, quota)));
    expect(results.filter((waitMs) => waitMs === undefined)).toHaveLength(5);
    expect(await at(stores, 0).genie.take(other, quota)).toBeUndefined();
    await close();
  });
});

test('who starts while another replica makes the tables waits for it, longer than for a command', async () => {
  const url = new Secret(postgres.urlOf(await postgres.createDatabase()));
  const other = new pg.Client({ connectionString: url.reveal() });
  await other.connect();
  await other.query(`SELECT pg_advisory_lock(hashtext('causeway_mcp_tables'))`);
  const opening = openRateStore({ stateDatabaseUrl: url, report });
  const waits = async () => (await other.query(WAITING)).rowCount === 1;
  await expect.poll(waits, WAIT).toBe(true);
  await other.end();
  await (await opening).close();
});

test('while the store is away calls are counted by each replica, and Genie is not asked', async () => {
  const away = await startTestRedis();
  const store = await openRateStore({ redisUrl: new Secret(away.url), report });
  await expect
    .poll(
      () =>
        store
          .ping()
          .then(() => true)
          .catch(() => false),
      WAIT,
    )
    .toBe(true);
  await away.stop();
  const window = new LeasedWindow(store.calls);
  const results = [];
  for (let n = 0; n < 5; n++) results.push(await window.take('a', 3));
  expect(results.filter((waitMs) => waitMs === undefined)).toHaveLength(3);
  await expect(store.genie.take('a', { limit: 5, perCaller: 5 })).rejects.toMatchObject({
    code: 'upstream_unavailable',
  });
  await expect(store.ping()).rejects.toThrow(/./);
  await store.close();
});
