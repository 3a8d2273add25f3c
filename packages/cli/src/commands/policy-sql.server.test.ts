import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditFoundation } from '@causeway/audit';
import { POSTGRES_KINDS, startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { policySql } from './policy-sql.ts';

const PSQL = '/usr/lib/postgresql/15/bin/psql';
const DEMO = readFileSync(new URL('../../../../infra/local/policy.yaml', import.meta.url), 'utf8');

const PRINCIPAL = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c0';
const WEST = `${PRINCIPAL}1`;
const EXECUTIVE = `${PRINCIPAL}4`;
const FINANCE = `${PRINCIPAL}5`;

/** What `causeway db apply` makes for the demo: here only tables of the right shape. */
const TABLES = `
CREATE TABLE sales_base.deals (
  id int PRIMARY KEY, region text NOT NULL, customer text, rep_email text, product text, stage text,
  amount numeric(12,2), margin_pct numeric(5,2), closed_on date
);
INSERT INTO sales_base.deals
SELECT i, (ARRAY['WEST', 'EAST', 'NORTH', 'SOUTH'])[1 + i % 4], 'c', 'wanda@northwind.example', 'p', 'WON',
  (i * 7919) % 100003, 10 + i % 40, date '2025-01-01' + i % 700
FROM generate_series(1, 5000) i;
CREATE INDEX deals_region ON sales_base.deals (region);
CREATE INDEX deals_amount ON sales_base.deals (amount);
CREATE TABLE knowledge_base.documents (id int PRIMARY KEY, title text, body text, source text, audience text, search tsvector);
INSERT INTO knowledge_base.documents VALUES (1, 't', 'b', 's', 'everyone'), (2, 't', 'b', 's', 'finance');
ALTER TABLE sales_base.deals OWNER TO causeway_owner;
ALTER TABLE knowledge_base.documents OWNER TO causeway_owner;
ANALYZE`;

async function scriptOf(policy: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-policy-sql-'));
  writeFileSync(join(folder, 'policy.yaml'), policy);
  let script = '';
  let errors = '';
  await runCli(['policy', 'sql', 'policy.yaml', '--dialect', 'postgres'], [policySql], {
    env: {},
    cwd: folder,
    version: '0',
    signal: new AbortController().signal,
    stdout: { write: (text) => (script += text) },
    stderr: { write: (text) => (errors += text) },
  });
  rmSync(folder, { recursive: true });
  expect(errors).toBe('');
  return script;
}

describe.each(POSTGRES_KINDS)('the printed script on %s', (kind) => {
  let server: TestPostgres;
  let database: string;

  const psql = (script: string) =>
    execFileSync(PSQL, ['-X', '-q', '-d', server.urlOf(database)], { input: script, encoding: 'utf8', stdio: 'pipe' });

  const asRole = <T = Record<string, unknown>>(role: string, text: string, email = '') =>
    server.asAdmin(async (client) => {
      await client.query(`BEGIN; SET LOCAL ROLE "${role}"`);
      await client.query(`SELECT set_config('causeway.human_email', $1, true)`, [email]);
      return (await client.query(text)).rows as T[];
    }, database);

  const admin = (text: string) => server.asAdmin((client) => client.query(text), database);

  const planOf = async (role: string, text: string) =>
    (await asRole<{ 'QUERY PLAN': string }>(role, `EXPLAIN ${text}`)).map((row) => row['QUERY PLAN']).join('\n');

  beforeAll(async () => {
    server = await startTestPostgres(kind);
    database = await server.createDatabase();
    await server.asAdmin(async (client) => {
      for (const statement of auditFoundation().statements) await client.query(statement);
    }, database);
    const script = await scriptOf(DEMO);
    // Roles and schemas first: the tables belong into them.
    const [before = ''] = script.split('\n-- row-policy: ');
    psql(`${before}\nCOMMIT;`);
    await admin(TABLES);
    psql(script);
    psql(script);
  });

  afterAll(() => server?.stop());

  test('may be run again, and changes nothing', async () => {
    const state = () =>
      admin(`SELECT 'role', rolname::text, rolcanlogin::text, rolinherit::text FROM pg_roles
        UNION ALL SELECT 'member', roleid::regrole::text, member::regrole::text, admin_option::text FROM pg_auth_members
        UNION ALL SELECT 'class', oid::regclass::text, relacl::text, obj_description(oid, 'pg_class') FROM pg_class WHERE relnamespace::regnamespace::text IN ('sales', 'knowledge', 'causeway', 'sales_base')
        UNION ALL SELECT 'schema', nspname::text, nspacl::text, obj_description(oid, 'pg_namespace') FROM pg_namespace
        UNION ALL SELECT 'server', srvname::text, srvacl::text, obj_description(oid, 'pg_foreign_server') FROM pg_foreign_server
        UNION ALL SELECT 'state', digest, applied_at::text, '' FROM causeway.engine_state
        ORDER BY 1, 2, 3, 4`);
    const before = await state();
    psql(await scriptOf(DEMO));
    expect((await state()).rows).toEqual(before.rows);
    expect(before.rows.length).toBeGreaterThan(40);
  });

  test.each([
    [WEST, ['WEST'], 0],
    [`${PRINCIPAL}2`, ['EAST'], 0],
    [`${PRINCIPAL}3`, ['EAST', 'NORTH', 'SOUTH', 'WEST'], 0],
    [EXECUTIVE, ['EAST', 'NORTH', 'SOUTH', 'WEST'], 5000],
    [FINANCE, ['EAST', 'NORTH', 'SOUTH', 'WEST'], 5000],
    ['omar@causeway.example', ['WEST'], 0],
    ['olivia@causeway.example', ['EAST', 'NORTH', 'SOUTH', 'WEST'], 5000],
  ])('%s sees its regions and margins', async (role, regions, margins) => {
    const rows = await asRole(
      role,
      'SELECT array_agg(DISTINCT region ORDER BY region) AS regions, count(margin_pct)::int AS margins FROM sales.deals',
    );
    expect(rows).toEqual([{ regions, margins }]);
  });

  test.each([
    ['the table behind the view', WEST, 'SELECT 1 FROM sales_base.deals'],
    ['the table behind the view, for the login', 'causeway_gateway', 'SELECT 1 FROM sales_base.deals'],
    ['the view, for the login itself', 'causeway_gateway', 'SELECT 1 FROM sales.deals'],
    ['a tool of other groups', WEST, 'SELECT causeway.ask_supervisor()'],
    ['a tool, for the login itself', 'causeway_gateway', 'SELECT causeway.genie_query()'],
    ['the state of the engine, for a caller', WEST, 'SELECT digest FROM causeway.engine_state'],
    ['to write', EXECUTIVE, `UPDATE sales.deals SET region = 'WEST'`],
    ['to create something in a governed schema', EXECUTIVE, 'CREATE TABLE sales.x (id int)'],
  ])('refuses %s', async (_, role, text) => {
    await expect(asRole(role, text)).rejects.toMatchObject({ code: '42501' });
  });

  test('lets a caller use what the matrix gives, and the login read the digest', async () => {
    expect(await asRole(EXECUTIVE, 'SELECT causeway.ask_supervisor() AS may')).toEqual([{ may: true }]);
    expect(await asRole('causeway_gateway', 'SELECT digest FROM causeway.engine_state')).toHaveLength(1);
    const usage = (role: string) => asRole(role, `SELECT has_server_privilege('github', 'USAGE') AS may`);
    expect([await usage(EXECUTIVE), await usage(WEST)]).toEqual([[{ may: true }], [{ may: false }]]);
  });

  test('the login inherits nothing and may become a principal', async () => {
    const rows = await asRole(
      'causeway_gateway',
      `SELECT pg_has_role('finance', 'USAGE') AS finance, pg_has_role('${FINANCE}', 'USAGE') AS inherits, pg_has_role('${FINANCE}', 'MEMBER') AS may`,
    );
    expect(rows).toEqual([{ finance: false, inherits: false, may: true }]);
  });

  test('is_member is false for a group that does not exist, and for odd names', async () => {
    const text = `SELECT causeway.is_member('west_sales') AS mine, causeway.is_member('nobody') AS unknown, causeway.is_member('a"b') AS odd, causeway.is_member(NULL) AS nothing`;
    expect(await asRole(WEST, text)).toEqual([{ mine: true, unknown: false, odd: false, nothing: false }]);
  });

  test('no row reaches a leaking condition before the row rule', async () => {
    // So cheap that the planner would rather ask it first.
    await admin(`CREATE FUNCTION public.leak(seen anyelement, mine anyelement) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
      AS 'BEGIN IF seen <> mine THEN RAISE ''%'', seen; END IF; RETURN true; END'`);
    const leak = (role: string) => asRole(role, `SELECT 1 FROM sales.deals WHERE public.leak(region, 'WEST')`);
    expect(await leak(WEST)).toHaveLength(1250);
    await expect(leak(EXECUTIVE)).rejects.toMatchObject({ code: 'P0001' });
  });

  test('an index on the table still gives a region and the largest amounts', async () => {
    expect(await planOf(FINANCE, `SELECT * FROM sales.deals WHERE region = 'WEST'`)).toContain('deals_region');
    const largest = await planOf(FINANCE, 'SELECT * FROM sales.deals ORDER BY amount DESC LIMIT 10');
    expect(largest).toContain('Index Scan Backward using deals_amount');
    expect(largest).not.toContain('Sort');
    // Asked once per query, and the planner has put the function's body in its place.
    expect(largest).toContain('InitPlan');
    expect(largest).not.toContain('is_member');
  });

  test('what a changed policy no longer gives is gone when its script has run', async () => {
    const changed = DEMO.replace('      finance: all\n', '').replace(
      'visibleTo: [executive, finance, admin]',
      'visibleTo: [admin]',
    );
    expect(changed.length).toBeLessThan(DEMO.length - 20);
    psql(await scriptOf(changed));
    await expect(asRole(FINANCE, 'SELECT 1 FROM sales.deals')).rejects.toMatchObject({ code: '42501' });
    const rows = 'SELECT count(*)::int AS rows, count(margin_pct)::int AS margins FROM sales.deals';
    expect(await asRole(EXECUTIVE, rows)).toEqual([{ rows: 5000, margins: 0 }]);
    psql(await scriptOf(DEMO));
    expect(await asRole(FINANCE, rows)).toEqual([{ rows: 5000, margins: 5000 }]);
  });

  test('means the same letters under any encoding of the terminal', async () => {
    const script = await scriptOf(DEMO.replace("region = 'WEST'", "region = 'ÖST'"));
    execFileSync(PSQL, ['-X', '-q', '-d', server.urlOf(database)], {
      input: script,
      env: { PGCLIENTENCODING: 'LATIN1' },
    });
    const { rows } = await admin(`SELECT pg_get_viewdef('sales.deals'::regclass) LIKE '%ÖST%' AS same`);
    expect(rows).toEqual([{ same: true }]);
    psql(await scriptOf(DEMO));
  });

  test('refuses to take over what somebody else made, whole', async () => {
    await admin(`CREATE ROLE auditors; CREATE SCHEMA theirs; CREATE SCHEMA other_base`);
    const script = await scriptOf(DEMO.replaceAll('sales.deals', 'theirs.deals'));
    expect(() => psql(script)).toThrow(/the schema theirs exists, and Causeway did not create it/);
    const roles = await scriptOf(DEMO.replaceAll(/\bmanagers\b/g, 'auditors'));
    expect(() => psql(roles)).toThrow(/the role auditors exists, and Causeway did not create it/);
    expect((await admin(`SELECT FROM pg_namespace WHERE nspname = 'theirs_base'`)).rows).toEqual([]);
  });

  test('reads somebody else’s table through their grant alone, row by row for the caller’s own e-mail', async () => {
    await admin(`CREATE ROLE app; CREATE SCHEMA crm AUTHORIZATION app;
      CREATE TABLE crm."Opp" ("Id" int, "Owner" text, secret text);
      INSERT INTO crm."Opp" VALUES (1, 'wanda@northwind.example', 'x'), (2, 'mona@fabrikam.example', 'y');
      ALTER TABLE crm."Opp" OWNER TO app`);
    const policy = DEMO.replace(
      '\ndata:\n',
      `\ndata:
  crm_view.opportunities:
    from: crm.Opp
    columns: [Id]
    rows: { west_sales: '"Owner" = caller.email', admin: all }
`,
    );
    const script = await scriptOf(policy);
    psql(script);
    const mine = () => asRole(WEST, 'SELECT * FROM crm_view.opportunities', 'wanda@northwind.example');
    await expect(mine()).rejects.toMatchObject({ code: '42501' });
    const prerequisite = script.split('\n').find((line) => line.startsWith('-- GRANT SELECT'));
    await admin(prerequisite?.slice('-- '.length) ?? '');
    expect(await mine()).toEqual([{ Id: 1 }]);
    expect(await asRole(WEST, 'SELECT * FROM crm_view.opportunities')).toEqual([]);
    const leak = `SELECT 1 FROM crm_view.opportunities WHERE public.leak("Id", 1)`;
    expect(await asRole(WEST, leak, 'wanda@northwind.example')).toHaveLength(1);
    expect(await asRole(`${PRINCIPAL}6`, 'SELECT "Id" FROM crm_view.opportunities ORDER BY 1')).toEqual([
      { Id: 1 },
      { Id: 2 },
    ]);
    const [table] = (
      await admin(
        `SELECT relrowsecurity, relforcerowsecurity, relowner::regrole::text AS owner FROM pg_class WHERE oid = 'crm."Opp"'::regclass`,
      )
    ).rows;
    expect(table).toEqual({ relrowsecurity: false, relforcerowsecurity: false, owner: 'app' });
  });
});
