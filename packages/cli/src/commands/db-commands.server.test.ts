import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEMO_POLICY } from '@causeway/platform/testing';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../run-cli.ts';
import { COMMANDS } from './index.ts';

const PASSWORD = 'correct horse battery staple';
let server: TestPostgres;
let folder: string;

beforeAll(async () => {
  server = await startTestPostgres('embedded');
  folder = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
  writeFileSync(join(folder, 'password'), `${PASSWORD}\n`);
  writeFileSync(join(folder, 'admin-url'), server.url);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

async function causeway(words: readonly string[], change: Record<string, string | undefined> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const env = {
    ADMIN_DATABASE_URL_FILE: join(folder, 'admin-url'),
    GATEWAY_PASSWORD_FILE: join(folder, 'password'),
    CAUSEWAY_POLICY: DEMO_POLICY,
    ...change,
  };
  const code = await runCli([...words], COMMANDS, {
    env,
    cwd: folder,
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    signal: new AbortController().signal,
    version: '0',
  });
  return { code, out: out.join(''), err: err.join('') };
}

test('db apply --dry-run says what it would do, with its statements, and does nothing', async () => {
  const { code, out } = await causeway(['db', 'apply', '--dry-run']);
  expect(code).toBe(0);
  expect(out).toContain('create view sales.deals\n');
  expect(out).toContain('CREATE VIEW "sales"."deals"');
  const rows = await server.asAdmin((admin) => admin.query(`SELECT FROM pg_roles WHERE rolname LIKE 'causeway%'`));
  expect(rows.rowCount).toBe(0);
});

test('db apply --json shows neither the password nor its verifier', async () => {
  const { code, out } = await causeway(['db', 'apply', '--json']);
  expect(code).toBe(0);
  const { actions } = JSON.parse(out) as { actions: { what: string; statements: string[] }[] };
  expect(actions.find(({ what }) => what === 'password of causeway_gateway')?.statements).toEqual([]);
  expect(out).not.toMatch(/SCRAM|correct horse/);
});

test('db apply has nothing to do the second time, and db sample fills the tables once', async () => {
  expect(await causeway(['db', 'apply'])).toEqual({ code: 0, out: 'nothing to do\n', err: '' });
  expect((await causeway(['db', 'sample'])).out).toContain('sales_base.deals loaded: 5000 rows');
  expect((await causeway(['db', 'sample'])).out).toContain('sales_base.deals holds rows already');
  const { rows } = await server.asAdmin((admin) =>
    admin.query(
      `SELECT reltuples, relpages > 0 AND relallvisible = relpages AS "isVacuumed" FROM pg_class WHERE oid = 'sales_base.deals'::regclass`,
    ),
  );
  expect(rows).toEqual([{ reltuples: 5000, isVacuumed: true }]);
});

test('a policy that does not fit is refused with a line for each problem, and exit code 78', async () => {
  await server.asAdmin((admin) => admin.query('ALTER TABLE sales_base.deals RENAME COLUMN rep_email TO agent'));
  const { code, out, err } = await causeway(['db', 'apply']);
  expect([code, out]).toEqual([78, '']);
  expect(err).toContain('the table sales_base.deals has no column "rep_email"\n');
  await server.asAdmin((admin) => admin.query('ALTER TABLE sales_base.deals RENAME COLUMN agent TO rep_email'));
});

test('a server that does not answer is told without the URL', async () => {
  const url = 'postgres://postgres:s3cret@127.0.0.1:1/postgres';
  const { code, err } = await causeway(['db', 'apply'], {
    ADMIN_DATABASE_URL_FILE: undefined,
    ADMIN_DATABASE_URL: url,
  });
  expect(code).toBe(1);
  expect(err).not.toContain('s3cret');
});

test('without a server to administer it says so', async () => {
  const { code, err } = await causeway(['db', 'apply'], { ADMIN_DATABASE_URL_FILE: undefined });
  expect([code, err]).toEqual([78, expect.stringContaining('ADMIN_DATABASE_URL is not set')]);
});

test('in production the URL and the password come from files', async () => {
  const { code, err } = await causeway(['db', 'apply'], {
    MCP_PUBLIC_URL: 'https://mcp.example.com',
    ADMIN_DATABASE_URL_FILE: undefined,
    ADMIN_DATABASE_URL: server.url,
    GATEWAY_PASSWORD_FILE: undefined,
    GATEWAY_PASSWORD: PASSWORD,
  });
  expect(code).toBe(78);
  expect(err).toMatch(/ADMIN_DATABASE_URL .*GATEWAY_PASSWORD /);
  expect(err).not.toContain(PASSWORD);
});
