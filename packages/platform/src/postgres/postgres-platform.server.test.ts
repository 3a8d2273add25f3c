import { AppError } from '@causeway/core';
import { POSTGRES_KINDS } from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Platform } from '../platform.ts';
import { demoPolicy } from '../testing/demo-policy.ts';
import { describePlatform } from '../testing/platform-contract.ts';
import { startDemoWorld } from '../testing/start-demo-world.ts';
import { createPostgresPlatform } from './postgres-platform.ts';

for (const kind of POSTGRES_KINDS) describePlatform(`PostgresPlatform on ${kind}`, () => startDemoWorld(kind));

describe.each(POSTGRES_KINDS)('PostgresPlatform looks at %s before it asks anything', (kind) => {
  let world: Awaited<ReturnType<typeof startDemoWorld>>;
  beforeAll(async () => {
    world = await startDemoWorld(kind);
  });
  afterAll(() => world.stop());

  const admin = (sql: string) => world.server.asAdmin((client) => client.query(sql));
  const gatewayUrl = () => world.server.urlOf('postgres', 'causeway_gateway');

  async function withPlatform<T>(work: (platform: Platform) => Promise<T>, url = gatewayUrl(), policy = demoPolicy()) {
    const document = await policy;
    const platform = createPostgresPlatform({ url, policy: () => document, poolMax: 1 });
    try {
      return await work(platform);
    } finally {
      await platform.close();
    }
  }
  async function count(
    platform: Platform,
    name: string,
    text = 'SELECT count(*) AS n FROM sales.deals',
  ): Promise<unknown> {
    const { caller } = world.people.find((one) => one.name === name)!;
    try {
      const session = await platform.open(caller, { requestId: 'r' });
      const [row] = await session.query({ name: 'count', text, values: [], row: z.object({ n: z.number() }) });
      return row?.n;
    } catch (error) {
      return error instanceof AppError ? [error.code, error.message] : error;
    }
  }
  const refused = (message: RegExp) => ['upstream_unavailable', expect.stringMatching(message)];

  test('refuses the superuser as its login', async () => {
    const answer = await withPlatform((platform) => count(platform, 'admin'), world.server.url);
    expect(answer).toEqual(refused(/the database login is superuser/));
  });

  test('refuses a login that may bypass row security, and takes it back when it no longer may', async () => {
    await admin('ALTER ROLE causeway_gateway BYPASSRLS');
    await withPlatform(async (platform) => {
      expect(await count(platform, 'admin')).toEqual(refused(/bypasses row security/));
      expect(await platform.health()).toEqual({ ok: false, problems: ['the database login bypasses row security'] });
      await admin('ALTER ROLE causeway_gateway NOBYPASSRLS');
      expect(await count(platform, 'admin')).toBe(5000);
    });
  });

  test('refuses an engine that enforces another policy', async () => {
    const other = demoPolicy(["west_sales: region = 'WEST'", "west_sales: region = 'NORTH'"]);
    await withPlatform(
      async (platform) => {
        expect(await count(platform, 'west_sales')).toEqual(refused(/run `causeway db apply`/));
        expect((await platform.health()).problems).toEqual([
          'the database enforces another policy than the one in force here: run `causeway db apply`',
        ]);
      },
      gatewayUrl(),
      other,
    );
  });

  test('refuses a server that is not governed', async () => {
    const name = await world.server.createDatabase();
    const answer = await withPlatform(
      (platform) => count(platform, 'admin'),
      world.server.urlOf(name, 'causeway_gateway'),
    );
    expect(answer).toEqual(refused(/not governed yet: run `causeway db apply`/));
  });

  // Postgres checks a schema's USAGE only when a statement is parsed (row security and a changed right make it parse again).
  test('a role without the schema is refused, although another one has the same statement prepared', async () => {
    const text = `SELECT (causeway.is_member('managers'))::int AS n`;
    await admin('REVOKE USAGE ON SCHEMA causeway FROM west_sales');
    await withPlatform(async (platform) => {
      expect(await count(platform, 'managers', text)).toBe(1);
      expect(await count(platform, 'west_sales', text)).toEqual(['access_denied', expect.stringContaining('42501')]);
      expect(await count(platform, 'managers', text)).toBe(1);
    });
    await admin('GRANT USAGE ON SCHEMA causeway TO west_sales');
  });

  test('whoever finds every connection busy waits five seconds and no longer, and the call that runs is not disturbed', async () => {
    await withPlatform(async (platform) => {
      expect(await count(platform, 'admin')).toBe(5000);
      const slow = count(platform, 'admin', 'SELECT 1 AS n FROM pg_sleep(9)');
      await expect.poll(() => platform.connections?.idle).toBe(0);
      expect(await count(platform, 'admin')).toEqual(refused(/./));
      expect(await slow).toBe(1);
      expect(await count(platform, 'admin')).toBe(5000);
    });
  }, 60_000);

  test('a broken idle connection is told and replaced', async () => {
    const problems: string[] = [];
    const document = await demoPolicy();
    const platform = createPostgresPlatform({
      url: gatewayUrl(),
      policy: () => document,
      poolMax: 1,
      onProblem: (message) => problems.push(message),
    });
    expect(await count(platform, 'admin')).toBe(5000);
    const watcher = new pg.Client({ connectionString: world.server.url });
    await watcher.connect();
    await watcher.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'causeway_gateway'`,
    );
    await watcher.end();
    await expect.poll(() => problems.length).toBeGreaterThan(0);
    expect(await count(platform, 'admin')).toBe(5000);
    await platform.close();
  });
});
