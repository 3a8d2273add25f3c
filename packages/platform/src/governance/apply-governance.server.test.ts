import type { PolicyDocument } from '@causeway/policy';
import { POSTGRES_KINDS, startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogSnapshot } from '../testing/catalog-snapshot.ts';
import { demoPolicy } from '../testing/demo-policy.ts';
import { applyGovernance, type ApplyOptions } from './apply-governance.ts';
import { loadSampleData } from './load-sample-data.ts';

const DEALS_ROWS = "west_sales: region = 'WEST'";
const PASSWORD = 'correct horse battery staple';

describe.each(POSTGRES_KINDS)('causeway db apply on %s', (kind) => {
  let server: TestPostgres;
  let demo: PolicyDocument;

  beforeAll(async () => {
    server = await startTestPostgres(kind);
    demo = await demoPolicy();
  });
  afterAll(() => server.stop());

  const DB = 'postgres';
  const apply = (options: Partial<ApplyOptions> = {}) =>
    applyGovernance({ adminUrl: server.urlOf(DB), policy: demo, ...options });
  const admin = <Row extends object>(sql: string) =>
    server.asAdmin(async (client) => (await client.query<Row>(sql)).rows, DB);
  const snapshot = () => server.asAdmin(catalogSnapshot, DB);
  const said = async (options: Partial<ApplyOptions> = {}) =>
    (await apply(options)).actions.map(({ verb, what }) => `${verb} ${what}`);
  const refusal = (options: Partial<ApplyOptions> = {}) =>
    apply(options).then(
      () => 'applied',
      (error: unknown) => (error instanceof Error ? error.message : error),
    );

  test('a dry run on a fresh server says everything and changes nothing', async () => {
    const before = await snapshot();
    const { actions } = await apply({ dryRun: true, gatewayPassword: PASSWORD });
    expect(actions.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'role causeway_gateway',
        'view sales.deals',
        'row policy sales_base.deals.causeway_rows',
      ]),
    );
    expect(JSON.stringify(actions)).not.toMatch(/SCRAM|correct horse/);
    expect(await snapshot()).toEqual(before);
  });

  test('does what the dry run said, and then there is nothing to do: not one row of the catalog is written', async () => {
    const promised = await said({ dryRun: true, gatewayPassword: PASSWORD });
    expect(await said({ gatewayPassword: PASSWORD })).toEqual(promised);
    const before = await snapshot();
    expect(await said({ gatewayPassword: PASSWORD })).toEqual([]);
    expect(await snapshot()).toEqual(before);
  });

  test('stores a verifier of the password that lets the gateway in, and changes it only for another password', async () => {
    const [stored] = await admin<{ rolpassword: string }>(
      `SELECT rolpassword FROM pg_authid WHERE rolname = 'causeway_gateway'`,
    );
    expect(stored?.rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
    // Postgres itself says whether the verifier is the password's: the test server asks for it on this login only.
    await admin(`SELECT pg_reload_conf()`);
    expect(await said({ gatewayPassword: 'another one' })).toEqual(['set password of causeway_gateway']);
    expect(await said({ gatewayPassword: PASSWORD })).toEqual(['set password of causeway_gateway']);
  });

  test('fills the sample tables once, and leaves them alone when they hold rows', async () => {
    const first = await loadSampleData(server.urlOf(DB));
    expect(first.map(({ table, rows, outcome }) => [table, rows, outcome])).toEqual([
      ['sales_base.deals', 5000, 'loaded'],
      ['knowledge_base.documents', 62, 'loaded'],
    ]);
    expect((await loadSampleData(server.urlOf(DB))).map(({ outcome }) => outcome)).toEqual(['not empty', 'not empty']);
    expect(await said()).toEqual([]);
  });

  test('a change of one rule changes that rule’s objects, and only those', async () => {
    const changed = await demoPolicy([DEALS_ROWS, "west_sales: region = 'NORTH'"]);
    expect(await said({ policy: changed })).toEqual([
      'update row policy sales_base.deals.causeway_rows',
      'update view sales.deals',
      ...['admin', 'east_sales', 'executive', 'finance', 'managers', 'west_sales'].map(
        (group) => `grant SELECT on relation sales.deals to ${group}`,
      ),
      'set engine digest',
    ]);
    expect(await said({ policy: changed })).toEqual([]);
    await apply();
    expect(await said()).toEqual([]);
  });

  test('what the policy no longer names goes: a human, a role of the matrix, a connection, a relation', async () => {
    const smaller = await demoPolicy(
      ['    omar@causeway.example: [west_sales]\n', ''],
      [', finance, admin]\n  ask', ', admin]\n  ask'],
      ['executive, admin]\n  github_search', 'executive]\n  github_search'],
    );
    expect(await said({ policy: smaller })).toEqual([
      'revoke membership of causeway_gateway in omar@causeway.example',
      'revoke rights on function causeway.ask_supervisor from admin',
      'drop role omar@causeway.example',
      'set engine digest',
    ]);
    expect(await admin(`SELECT FROM pg_roles WHERE rolname = 'omar@causeway.example'`)).toEqual([]);
    expect(await said({ policy: smaller })).toEqual([]);
    await apply();
    expect(await said()).toEqual([]);
  });

  test.each([
    [
      'row security switched off',
      'ALTER TABLE sales_base.deals DISABLE ROW LEVEL SECURITY',
      'update row policy sales_base.deals.causeway_rows',
    ],
    [
      'row security no longer forced',
      'ALTER TABLE sales_base.deals NO FORCE ROW LEVEL SECURITY',
      'update row policy sales_base.deals.causeway_rows',
    ],
    [
      'a view that was replaced, comment kept',
      `CREATE OR REPLACE VIEW sales.deals AS SELECT amount, closed_on, customer, id, margin_pct + 0 AS margin_pct, product, region, rep_email, stage FROM sales_base.deals`,
      'update view sales.deals',
    ],
    ['a view without its barrier', 'ALTER VIEW sales.deals RESET (security_barrier)', 'update view sales.deals'],
    ['a view given to another owner', 'ALTER VIEW sales.deals OWNER TO postgres', 'update view sales.deals'],
    [
      'a function that always says yes',
      `CREATE OR REPLACE FUNCTION causeway.is_member(text) RETURNS boolean LANGUAGE sql STABLE RETURN true`,
      'update function causeway.is_member(text)',
    ],
    ['a login that bypasses', 'ALTER ROLE causeway_gateway BYPASSRLS', 'update role causeway_gateway'],
    [
      'a principal that may log in',
      'ALTER ROLE "6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01" LOGIN',
      'update role 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01',
    ],
    [
      'a table opened to everybody',
      'GRANT SELECT ON sales_base.deals TO PUBLIC',
      'revoke rights on relation sales_base.deals from everybody',
    ],
    [
      'one column opened to a role',
      'GRANT SELECT (margin_pct) ON sales_base.deals TO managers',
      'revoke rights on relation sales_base.deals from managers',
    ],
    [
      'a schema opened to a role',
      'GRANT USAGE, CREATE ON SCHEMA sales_base TO west_sales',
      'revoke rights on schema sales_base from west_sales',
    ],
    [
      'a connection granted to a role',
      'GRANT USAGE ON FOREIGN SERVER github TO west_sales',
      'revoke rights on server github from west_sales',
    ],
    [
      'a tool granted to everybody',
      'GRANT EXECUTE ON FUNCTION causeway.ask_supervisor() TO PUBLIC',
      'revoke rights on function causeway.ask_supervisor from everybody',
    ],
    [
      'a membership too many',
      'GRANT executive TO "6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01"',
      'revoke membership of 6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01 in executive',
    ],
    [
      'a membership that may be handed on',
      'GRANT west_sales TO "omar@causeway.example" WITH ADMIN OPTION',
      'grant membership omar@causeway.example in west_sales',
    ],
    [
      'a membership that is gone',
      'REVOKE finance FROM "olivia@causeway.example"',
      'grant membership olivia@causeway.example in finance',
    ],
    [
      'a right that is gone',
      'REVOKE SELECT ON sales.deals FROM managers',
      'grant SELECT on relation sales.deals to managers',
    ],
    // From Postgres 16 on, a membership stays until its own grantor's is named; a right stays until its own grantor takes it back.
    [
      'a membership that another administrator gave',
      `CREATE ROLE deputy CREATEROLE; GRANT finance TO deputy WITH ADMIN OPTION;
       SET ROLE deputy; GRANT finance TO "omar@causeway.example"`,
      'revoke membership of omar@causeway.example in finance',
    ],
    [
      'a second membership that may be handed on',
      `SET ROLE deputy; GRANT finance TO "olivia@causeway.example" WITH ADMIN OPTION`,
      'revoke membership of olivia@causeway.example in finance',
    ],
    [
      'a right that another role gave',
      `GRANT USAGE ON SCHEMA sales_base TO deputy; GRANT SELECT ON sales_base.deals TO deputy WITH GRANT OPTION;
       SET ROLE deputy; GRANT SELECT ON sales_base.deals TO managers`,
      'revoke rights on relation sales_base.deals from managers',
    ],
    [
      'a right of everybody that another role gave',
      `SET ROLE deputy; GRANT SELECT ON sales_base.deals TO PUBLIC`,
      'revoke rights on relation sales_base.deals from everybody',
    ],
    [
      'a right of the policy that may be handed on, and was',
      `CREATE ROLE stranger; GRANT SELECT ON sales.deals TO managers WITH GRANT OPTION; SET ROLE managers; GRANT SELECT ON sales.deals TO stranger`,
      'revoke rights on relation sales.deals from managers',
    ],
  ])('puts right what was changed behind its back: %s', async (_, change, action) => {
    await admin(change);
    expect(await said()).toContain(action);
    expect(await said()).toEqual([]);
  });

  test('other people’s rights on its views and tables stay', async () => {
    await admin(
      `CREATE ROLE loader LOGIN; GRANT USAGE ON SCHEMA sales_base TO loader; GRANT INSERT ON sales_base.deals TO loader`,
    );
    expect(await said()).toEqual([]);
    await admin(
      `REVOKE ALL ON sales_base.deals FROM loader; REVOKE ALL ON SCHEMA sales_base FROM loader; DROP ROLE loader`,
    );
  });

  test.each([
    ['a role', 'CREATE ROLE newcomers', 'DROP ROLE newcomers', ['managers', 'newcomers'], 'role newcomers'],
    ['a schema', 'CREATE SCHEMA shop', 'DROP SCHEMA shop', ['sales.deals', 'shop.deals'], 'schema shop'],
    [
      'a foreign server',
      'CREATE FOREIGN DATA WRAPPER other; CREATE SERVER orders2 FOREIGN DATA WRAPPER other',
      'DROP SERVER orders2; DROP FOREIGN DATA WRAPPER other',
      ['  orders:', '  orders2:'],
      'server orders2',
    ],
    [
      'a table where a view belongs',
      'CREATE TABLE knowledge.handbook (id int)',
      'DROP TABLE knowledge.handbook',
      ['knowledge.documents', 'knowledge.handbook'],
      'view knowledge.handbook',
    ],
  ] as const)('never adopts %s that it did not create, and changes nothing', async (_, make, unmake, change, what) => {
    await admin(make);
    const policy = await demoPolicy(change);
    const before = await snapshot();
    expect(await refusal({ policy })).toContain(`the ${what} exists, and Causeway did not create it`);
    expect(await refusal({ policy, dryRun: true })).toContain(`the ${what} exists`);
    expect(await snapshot()).toEqual(before);
    await admin(unmake);
  });

  test('names every table and column that is missing, at once, and changes nothing', async () => {
    const policy = await demoPolicy(
      ["region = 'WEST'", "territory = 'WEST'"],
      ['margin_pct: { visible', 'profit: { visible'],
      ['stage: stage', 'stage: phase'],
    );
    const before = await snapshot();
    const message = await refusal({ policy });
    for (const column of ['territory', 'profit', 'phase']) {
      expect(message).toContain(`the table sales_base.deals has no column "${column}"`);
    }
    expect(await snapshot()).toEqual(before);
  });

  test('a rule that compares a column with the wrong type is refused by the engine, and nothing is half applied', async () => {
    const policy = await demoPolicy(
      [DEALS_ROWS, 'west_sales: closed_on = 5'],
      ["east_sales: region = 'EAST'", "east_sales: region = 'NORTH'"],
    );
    const before = await snapshot();
    expect(await refusal({ policy })).toMatch(/row policy sales_base.deals.causeway_rows: .*nothing was changed/);
    expect(await snapshot()).toEqual(before);
  });

  test('two at once: one applies, the other waits and finds nothing to do', async () => {
    const changed = await demoPolicy([DEALS_ROWS, "west_sales: region = 'SOUTH'"]);
    const [first, second] = await Promise.all([said({ policy: changed }), said({ policy: changed })]);
    expect([first.length, second.length].toSorted((a, b) => a - b)[0]).toBe(0);
    expect(first.length + second.length).toBeGreaterThan(0);
    await apply();
  });

  test('two at once do so whatever isolation and access the administrator’s sessions begin with', async () => {
    const defaults = '-c default_transaction_isolation=serializable -c default_transaction_read_only=on';
    const adminUrl = `${server.urlOf(DB)}?options=${encodeURIComponent(defaults)}`;
    const policy = await demoPolicy([DEALS_ROWS, "west_sales: region = 'EAST'"]);
    const both = await Promise.all([said({ adminUrl, policy }), said({ adminUrl, policy })]);
    expect(both.filter(({ length }) => length > 0)).toHaveLength(1);
    await apply();
  });

  // Without this, one of west_sales would be of finance in a database whose own policy does not say so.
  test('never changes whom another database of the server lets in', async () => {
    const name = await server.createDatabase();
    const adminUrl = server.urlOf(name);
    const promoted = await demoPolicy(['omar@causeway.example: [west_sales]', 'omar@causeway.example: [finance]']);
    const other = await demoPolicy(['6f0c7d5e-1a52-4c36', '7f0c7d5e-1a52-4c36']);
    const before = await snapshot();
    for (const policy of [promoted, other]) {
      const message = await refusal({ adminUrl, policy });
      expect(message).toMatch(/the database postgres on it is governed too/);
      expect(await refusal({ adminUrl, policy, dryRun: true })).toBe(message);
    }
    expect(await refusal({ adminUrl, policy: promoted })).toMatch(
      /\nrevoke membership of omar@causeway.example in west_sales\ngrant/,
    );
    expect(await snapshot()).toEqual(before);

    // The same people with other rules of that database's own change nobody's roles.
    const rules = await demoPolicy([DEALS_ROWS, "west_sales: region = 'EAST'"]);
    expect(await refusal({ adminUrl, policy: rules })).toBe('applied');
    expect(await said()).toEqual([]);
    expect(await refusal({ policy: promoted })).toMatch(new RegExp(`the database ${name} on it is governed too`));
    await admin(`DROP DATABASE ${name}`);
    expect(await refusal({ policy: promoted })).toBe('applied');
    await apply();
  });

  test('does not wait for ever behind another run that does not end', async () => {
    const holder = new pg.Client({ connectionString: server.urlOf(DB) });
    await holder.connect();
    await holder.query(`SELECT pg_advisory_lock(hashtextextended('causeway db apply', 0))`);
    try {
      await expect(apply({ lockTimeoutMs: 100 })).rejects.toMatchObject({
        code: 'upstream_unavailable',
        message: expect.stringMatching(/^another run is at work: .*55P03.*nothing was changed/),
      });
    } finally {
      await holder.end();
    }
  });

  test('an administrator who may not is told who may', async () => {
    await admin('CREATE ROLE powerless LOGIN');
    const policy = await demoPolicy([DEALS_ROWS, "west_sales: region = 'SOUTH'"]);
    const message = await refusal({ adminUrl: server.urlOf(DB, 'powerless'), policy });
    expect(message).toMatch(/\(42501\); nothing was changed; docs\/existing-postgres.md says who may run this$/);
    await admin('DROP ROLE powerless');
  });

  test('does not wait for ever behind somebody’s transaction', async () => {
    const holder = new pg.Client({ connectionString: server.urlOf(DB) });
    await holder.connect();
    await holder.query('BEGIN; SELECT FROM sales.deals LIMIT 1');
    try {
      const policy = await demoPolicy([DEALS_ROWS, "west_sales: region = 'SOUTH'"]);
      const answer = apply({ policy, lockTimeoutMs: 200 });
      // The policy is good, and the next try may do: not a fault of the settings.
      await expect(answer).rejects.toMatchObject({
        code: 'upstream_unavailable',
        message: expect.stringContaining('55P03'),
      });
      // A dry run takes no lock at all.
      expect(await refusal({ policy, lockTimeoutMs: 200, dryRun: true })).toBe('applied');
    } finally {
      await holder.end();
    }
    expect(await said()).toEqual([]);
  });

  test('begins again when Postgres ends it for a deadlock with somebody who reads', async () => {
    const reader = new pg.Client({ connectionString: server.urlOf(DB) });
    await reader.connect();
    // Whoever looks for the deadlock first is its victim.
    await reader.query(`SET deadlock_timeout = '10min'`);
    await admin(`ALTER DATABASE ${DB} SET deadlock_timeout = '3s'`);
    const waits = () =>
      admin(`SELECT FROM pg_stat_activity WHERE application_name = 'causeway db apply' AND wait_event_type = 'Lock'`);
    const deadlocks = async () =>
      (await admin<{ n: string }>(`SELECT deadlocks AS n FROM pg_stat_database WHERE datname = '${DB}'`))[0]?.n;
    const before = Number(await deadlocks());
    try {
      // Holds the view and not yet the table below it.
      await reader.query('BEGIN; COMMENT ON VIEW sales.deals IS NULL');
      const policy = await demoPolicy([DEALS_ROWS, "west_sales: region = 'SOUTH'"]);
      const answer = refusal({ policy, lockTimeoutMs: 60_000 });
      await expect.poll(waits, { timeout: 60_000, interval: 20 }).toHaveLength(1);
      await reader.query('SELECT FROM sales_base.deals LIMIT 1');
      await reader.query('ROLLBACK');
      expect(await answer).toBe('applied');
      await expect.poll(async () => Number(await deadlocks()), { timeout: 60_000 }).toBeGreaterThan(before);
    } finally {
      await reader.end();
      await admin(`ALTER DATABASE ${DB} RESET deadlock_timeout`);
    }
    await apply();
  }, 120_000);
});
