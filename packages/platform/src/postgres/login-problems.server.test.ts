import { POSTGRES_KINDS, startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loginProblems } from './login-problems.ts';

const LOGIN = 'gateway';
const GUARDED = [
  { kind: 'base', schema: 'shop', relation: 'orders' },
  { kind: 'view', schema: 'people', relation: 'orders' },
] as const;

describe.each(POSTGRES_KINDS)('the login on %s', (kind) => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres(kind);
    await server.asAdmin((admin) =>
      admin.query(`CREATE ROLE ${LOGIN} LOGIN NOINHERIT; CREATE ROLE analyst; GRANT analyst TO ${LOGIN};
        CREATE SCHEMA shop; CREATE TABLE shop.orders (id int);
        CREATE SCHEMA people; CREATE VIEW people.orders AS SELECT id FROM shop.orders; GRANT SELECT ON people.orders TO analyst`),
    );
  });
  afterAll(() => server.stop());

  /** What is said of the login while `change` holds. */
  async function problemsAfter(change: string, undo: string): Promise<string[]> {
    await server.asAdmin((admin) => admin.query(change));
    const client = new pg.Client({ connectionString: server.urlOf('postgres', LOGIN) });
    await client.connect();
    try {
      return await loginProblems(client, GUARDED);
    } finally {
      await client.end();
      await server.asAdmin((admin) => admin.query(undo));
    }
  }

  test('passes when it may only take roles', async () => {
    expect(await problemsAfter('SELECT 1', 'SELECT 1')).toEqual([]);
  });

  test.each([
    ['SUPERUSER', 'is superuser'],
    ['BYPASSRLS', 'bypasses row security'],
    ['CREATEROLE', 'may create roles'],
    ['CREATEDB', 'may create databases'],
    ['REPLICATION', 'may replicate'],
  ])('is refused with %s', async (attribute, problem) => {
    const problems = await problemsAfter(`ALTER ROLE ${LOGIN} ${attribute}`, `ALTER ROLE ${LOGIN} NO${attribute}`);
    expect(problems).toContain(`the database login ${problem}`);
  });

  test.each([
    'pg_read_all_data',
    'pg_execute_server_program',
    'pg_read_server_files',
    'pg_write_server_files',
    'pg_write_all_data',
    'pg_monitor',
  ])('is refused as a member of %s', async (role) => {
    const problems = await problemsAfter(`GRANT ${role} TO ${LOGIN}`, `REVOKE ${role} FROM ${LOGIN}`);
    expect(problems).toContain(`the database login may become ${role}`);
  });

  test('is refused when a role that it may take bypasses row security', async () => {
    const problems = await problemsAfter('ALTER ROLE analyst BYPASSRLS', 'ALTER ROLE analyst NOBYPASSRLS');
    expect(problems).toEqual(['the database login may become analyst, which bypasses row security']);
  });

  test('is refused when it inherits', async () => {
    // Postgres 16 and later keep it with the membership, 15 with the role.
    const inherit = kind === 'embedded' ? `GRANT analyst TO ${LOGIN} WITH INHERIT TRUE` : `ALTER ROLE ${LOGIN} INHERIT`;
    const back = kind === 'embedded' ? `GRANT analyst TO ${LOGIN} WITH INHERIT FALSE` : `ALTER ROLE ${LOGIN} NOINHERIT`;
    expect(await problemsAfter(inherit, back)).toEqual([
      'the database login inherits from analyst',
      'the database login may itself reach people.orders',
    ]);
  });

  test('is refused when it may hand a role on', async () => {
    const problems = await problemsAfter(
      `GRANT analyst TO ${LOGIN} WITH ADMIN OPTION`,
      `REVOKE ADMIN OPTION FOR analyst FROM ${LOGIN}`,
    );
    expect(problems).toEqual(['the database login may grant analyst to others']);
  });

  test('is refused when it owns anything', async () => {
    const problems = await problemsAfter(
      `ALTER TABLE shop.orders OWNER TO ${LOGIN}`,
      'ALTER TABLE shop.orders OWNER TO postgres',
    );
    expect(problems).toContain('the database login owns objects in the database postgres');
  });

  test.each(['SELECT', 'INSERT', 'DELETE', 'SELECT (id)'])(
    'is refused with %s on a governed relation',
    async (right) => {
      const problems = await problemsAfter(
        `GRANT ${right} ON shop.orders TO ${LOGIN}`,
        `REVOKE ${right} ON shop.orders FROM ${LOGIN}`,
      );
      expect(problems).toEqual(['the database login may itself reach shop.orders']);
    },
  );

  test.each([
    ['reads the table behind a governed view', 'GRANT SELECT (id)', 'REVOKE SELECT (id)', 'may reach shop.orders'],
    ['writes it', 'GRANT UPDATE', 'REVOKE UPDATE', 'may reach shop.orders'],
  ])('is refused when a role that it may take %s', async (_, grant, revoke, what) => {
    const problems = await problemsAfter(`${grant} ON shop.orders TO analyst`, `${revoke} ON shop.orders FROM analyst`);
    expect(problems).toEqual([`the database login may become analyst, which ${what}`]);
  });

  test.each(['TABLE shop.orders', 'VIEW people.orders'])(
    'is refused when a role that it may take owns %s',
    async (relation) => {
      const problems = await problemsAfter(
        `CREATE ROLE shop_owner; GRANT shop_owner TO ${LOGIN}; ALTER ${relation} OWNER TO shop_owner`,
        `ALTER ${relation} OWNER TO postgres; DROP OWNED BY shop_owner; DROP ROLE shop_owner`,
      );
      expect(problems).toEqual([
        `the database login may become shop_owner, which owns ${relation.replace(/^\w+ /, '')}`,
      ]);
    },
  );

  test('is refused when everybody may read a governed relation', async () => {
    const problems = await problemsAfter(
      'GRANT SELECT ON shop.orders TO PUBLIC',
      'REVOKE SELECT ON shop.orders FROM PUBLIC',
    );
    expect(problems).toEqual(['the database login may itself reach shop.orders']);
  });
});
