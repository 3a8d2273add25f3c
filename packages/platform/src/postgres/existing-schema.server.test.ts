import { POSTGRES_KINDS, startTestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyGovernance } from '../governance/apply-governance.ts';
import { describePlatform } from '../testing/platform-contract.ts';
import { existingPolicy, type ExistingWorld, startExistingWorld } from '../testing/start-existing-world.ts';

for (const kind of POSTGRES_KINDS) {
  describePlatform(`PostgresPlatform over somebody else’s schema on ${kind}`, () => startExistingWorld(kind));
}

describe.each(POSTGRES_KINDS)('the application whose schema it is, on %s', (kind) => {
  let world: ExistingWorld;
  beforeAll(async () => {
    world = await startExistingWorld(kind);
  });
  afterAll(() => world.stop());

  test('worked on while the policy was applied, and works on after', async () => {
    expect(world.application.failures).toEqual([]);
    expect(world.application.rounds).toBeGreaterThan(2);
    await world.work();
  });

  test('keeps its tables as they were: owner, rights, row security, columns', async () => {
    expect(await world.shopNow()).toEqual(world.shopBefore);
  });

  test('a column that the policy does not show is not to be had', async () => {
    const [person] = world.people.filter(({ name }) => name === 'admin');
    const { rows } = await world.server.asAdmin((admin) =>
      admin.query(
        `SELECT string_agg(attname, ' ') AS names FROM pg_attribute WHERE attrelid = 'sales.orders'::regclass AND attnum > 0`,
      ),
    );
    expect(rows[0].names).not.toContain('internal_note');
    expect(person?.seesMargin).toBe(true);
  });

  test('a second apply has nothing to do', async () => {
    const report = await applyGovernance({ adminUrl: world.server.url, policy: await existingPolicy() });
    expect(report).toEqual({ actions: [], pending: [] });
  });
});

test.each(POSTGRES_KINDS)('without --grant-sources the owners are told what to grant, on %s', async (kind) => {
  const server = await startTestPostgres(kind);
  try {
    await server.asAdmin((admin) =>
      admin.query(`CREATE SCHEMA shop; CREATE TABLE shop.orders (order_no int, "Zone" text, client text, agent_mail text, article text, phase text, total int, profit int, done_on date);
        CREATE TABLE shop.pages (page_id text, heading text, content text, origin text, readers text)`),
    );
    const policy = await existingPolicy();
    const { pending } = await applyGovernance({ adminUrl: server.url, policy });
    expect(pending.flatMap(({ statements }) => statements)).toEqual([
      'GRANT USAGE ON SCHEMA "shop" TO causeway_views',
      expect.stringMatching(/^GRANT SELECT \(.*"profit".*\) ON TABLE "shop"."orders" TO causeway_views$/),
      'GRANT USAGE ON SCHEMA "shop" TO causeway_views',
      expect.stringMatching(/^GRANT SELECT \(.*\) ON TABLE "shop"."pages" TO causeway_views$/),
    ]);
    await server.asAdmin((admin) => admin.query(pending.flatMap(({ statements }) => statements).join(';')));
    expect(await applyGovernance({ adminUrl: server.url, policy })).toEqual({ actions: [], pending: [] });
    await server.asAdmin((admin) =>
      admin.query(
        'GRANT USAGE ON SCHEMA shop TO PUBLIC; GRANT SELECT ON shop.orders TO PUBLIC; GRANT SELECT (total) ON shop.pages TO finance'.replace(
          '(total)',
          '(content)',
        ),
      ),
    );
    await expect(applyGovernance({ adminUrl: server.url, policy })).rejects.toThrow(
      /everybody \(PUBLIC\) may read shop.orders past the policy/,
    );
    await expect(applyGovernance({ adminUrl: server.url, policy })).rejects.toThrow(
      /finance may read shop.pages past the policy/,
    );
  } finally {
    await server.stop();
  }
});
