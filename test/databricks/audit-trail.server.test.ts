import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuditRecord,
  createEventIds,
  createHeadSigner,
  DeltaAuditTable,
  deltaSchema,
  HeadsFile,
  storeBatch,
  toRecord,
} from '@causeway/audit';
import { inPostgres, newSigningKey } from '@causeway/audit/testing';
import { COMMANDS } from '@causeway/cli/commands';
import { runCli } from '@causeway/cli/run-cli';
import { AppError, Secret } from '@causeway/core';
import { type MachineSql, openMachineSql } from '@causeway/platform';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type EmulatorWorld, MACHINE, startEmulatorWorld, WORKSPACE } from './emulator-world.ts';
import type { Effect } from './src/http/faults.ts';

const STATEMENTS = 'POST /api/2.0/sql/statements';
const BASE = '`main`.`audit_base`';

let world: EmulatorWorld;
let owner: pg.Pool;
let machine: MachineSql;
let table: DeltaAuditTable;

beforeAll(async () => {
  world = await startEmulatorWorld(async (server) => {
    const url = server.urlOf(await server.createDatabase());
    owner = new pg.Pool({ connectionString: url, max: 1 });
    const schema = deltaSchema({ base: BASE, catalog: '`main`', worker: '`worker`', reader: '`reader`' });
    for (const statement of schema.filter((one) => !one.startsWith('GRANT'))) await owner.query(inPostgres(statement));
    return { machine: { application: MACHINE.application, url, inEngine: inPostgres } };
  });
});
afterAll(async () => {
  await owner?.end();
  await world?.stop();
});
beforeEach(() => {
  machine = open();
  table = new DeltaAuditTable({ statements: machine, base: BASE });
});
afterEach(async () => {
  world.emulator.faults.clear();
  await machine.close();
});

const open = (secret: string = MACHINE.secret) =>
  openMachineSql({
    name: 'audit-worker',
    host: world.emulator.url,
    network: ['127.0.0.0/8'],
    warehouseId: WORKSPACE.warehouseId,
    clientId: MACHINE.application,
    clientSecret: new Secret(secret),
  });

const producer = randomUUID();
const nextId = createEventIds(Date.now);
let seq = 0;
const records = (count: number): AuditRecord[] =>
  Array.from({ length: count }, () => {
    const about = { eventId: nextId(), at: Date.now(), service: 'mcp', producer, seq: ++seq, traceId: undefined };
    const outcome = { status: 'success' } as const;
    return toRecord(
      { kind: 'tool_call', requestId: 'r1', caller: undefined, outcome, arguments: { "it's": '"ä\n' } },
      about,
    );
  });

async function stored(batch: readonly AuditRecord[]): Promise<number[]> {
  const ids = batch.map(({ event_id }) => event_id);
  const text = 'SELECT count(*)::int AS n FROM audit_base.tool_calls WHERE event_id = $1';
  return Promise.all(ids.map(async (id) => (await owner.query<{ n: number }>(text, [id])).rows[0]?.n ?? 0));
}
const onlyOnce = (batch: readonly AuditRecord[]) => batch.map(() => 1);

/** `causeway` as whoever reads the trail in the workspace. */
async function causeway(line: string, env: Readonly<Record<string, string>>) {
  const written = { stdout: '', stderr: '' };
  const code = await runCli(line.split(' '), COMMANDS, {
    env: {
      PLATFORM: 'databricks',
      DATABRICKS_HOST: world.emulator.url,
      DATABRICKS_WAREHOUSE_ID: WORKSPACE.warehouseId,
      DATABRICKS_CLIENT_ID: MACHINE.application,
      DATABRICKS_CLIENT_SECRET: MACHINE.secret,
      ...env,
    },
    cwd: tmpdir(),
    version: '0',
    signal: new AbortController().signal,
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
  });
  return { code, ...written };
}

// First, because every row of the table has to be vouched for.
test('causeway audit verify reads the trail in the workspace, and names a row that was altered', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-heads-'));
  const path = join(dir, 'heads.jsonl');
  const heads = new HeadsFile({ path, signer: await createHeadSigner(newSigningKey()) });
  await heads.prepare();
  await heads.anchor(await table.append('main', records(5), []));
  const env = { AUDIT_HEADS_PATH: path };
  expect(await causeway('audit verify', env)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('5 rows are what was stored'),
  });
  await owner.query(`UPDATE audit_base.tool_calls SET tool = 'x' WHERE chain_seq = 3`);
  expect(await causeway('audit verify', env)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('row 3'),
  });
  rmSync(dir, { recursive: true });
});

test('what of the workspace is missing is named', async () => {
  const answer = await causeway('audit verify', {
    AUDIT_HEADS_PATH: 'x',
    DATABRICKS_HOST: '',
    DATABRICKS_CLIENT_SECRET: '',
  });
  expect(answer).toMatchObject({ code: 78 });
  for (const name of ['DATABRICKS_HOST', 'DATABRICKS_CLIENT_SECRET']) expect(answer.stderr).toContain(name);
});

test.each(['audit tail', 'audit export', 'audit reconcile'])(
  'causeway %s reads no workspace: it says so, and where the trail is',
  async (command) => {
    const { code, stdout, stderr } = await causeway(command, {});
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr).toContain('the trail is a Delta table of the workspace');
  },
);

describe('causeway doctor asks the workspace', () => {
  const doctor = async (env: Readonly<Record<string, string>> = {}) => {
    const { stdout } = await causeway('doctor --json', env);
    const { checks } = JSON.parse(stdout) as { checks: { check: string; status: string; found: string }[] };
    const of = (name: string) => checks.find(({ check }) => check === name);
    return {
      stdout,
      tokens: of('workspace: tokens'),
      worker: of('workspace: audit worker'),
      login: of('warehouse login'),
    };
  };

  test('where all is well it says so, and what cannot be told from here', async () => {
    expect(await doctor()).toMatchObject({
      tokens: { status: 'ok' },
      worker: { status: 'ok' },
      login: { status: 'not checked', found: expect.stringContaining('/health of the MCP service') },
    });
    expect((await doctor({ DATABRICKS_CLIENT_ID: '' })).worker).toMatchObject({ status: 'not checked' });
  });

  test('a secret that the workspace does not take, and it is not printed', async () => {
    const { stdout, worker } = await doctor({ DATABRICKS_CLIENT_SECRET: 'hunter2-wrong' });
    expect(worker).toMatchObject({ status: 'wrong', found: expect.stringContaining('exchange_denied') });
    expect(stdout).not.toContain('hunter2');
  });

  test.each([
    ['something else than a workspace', () => '{}', 'there is no workspace'],
    ['a token endpoint elsewhere', () => '{"token_endpoint":"https://elsewhere.example/token"}', 'on another host'],
  ])('%s', async (_, body, found) => {
    const server = createServer((_request, response) => response.end(body())).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { tokens } = await doctor({ DATABRICKS_HOST: `http://127.0.0.1:${port}` });
    expect(tokens).toMatchObject({ status: 'wrong', found: expect.stringContaining(found) });
  });
});

test('a batch is stored over the API, and a second time changes nothing', async () => {
  const batch = records(20);
  expect(await table.append('main', batch, [])).toMatchObject({ stored: 20 });
  expect(await table.append('main', batch, [])).toMatchObject({ stored: 0, found: [{}] });
  expect(await stored(batch)).toEqual(onlyOnce(batch));
});

const down: Effect = { kind: 'answer', answer: { status: 503, headers: {}, body: '{}' } };
const throttle: Effect = { kind: 'answer', answer: { status: 429, headers: { 'retry-after': '1' }, body: '{}' } };

// Each of the statements of an append is hit: those before the MERGE, the MERGE itself, and those that look at what it did.
test.each([
  ['the answer breaks off', { kind: 'truncated' }],
  ['the connection breaks after the work', { kind: 'reset' }],
  ['an outage', down],
  ['a throttle', throttle],
  ['the token ends', { kind: 'token_expired' }],
] as const)('%s at any statement: every event is there once', async (_, effect) => {
  for (const after of [0, 1, 2, 3, 4]) {
    world.emulator.faults.clear();
    world.emulator.faults.add({ on: STATEMENTS, after, effect });
    const batch = records(3);
    await table.append('main', batch, []);
    expect(await stored(batch), `after ${after}`).toEqual(onlyOnce(batch));
  }
});

test('an outage that stays is one of the warehouse, and the batch goes in when it is over', async () => {
  world.emulator.faults.add({ on: STATEMENTS, effect: down, times: 10 });
  const batch = records(2);
  const failure: unknown = await table.append('main', batch, []).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AppError);
  expect(failure).toMatchObject({ code: 'upstream_unavailable' });
  world.emulator.faults.clear();
  await table.append('main', batch, []);
  expect(await stored(batch)).toEqual(onlyOnce(batch));
});

test('an event that the warehouse can never read becomes a dead letter, and the others of its batch are stored', async () => {
  const [first, second] = records(2);
  if (first === undefined || second === undefined) throw new Error('two records were asked for');
  const unreadable: Effect = {
    kind: 'answer',
    answer: {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        statement_id: 's',
        status: {
          state: 'FAILED',
          error: {
            error_code: 'BAD_REQUEST',
            message: '[MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION] Malformed records. SQLSTATE: 22023',
          },
        },
      }),
    },
  };
  // Where the ids are, where the chain stands, then the MERGE: of both, and of the first alone.
  for (let batch = 0; batch < 2; batch++) world.emulator.faults.add({ on: STATEMENTS, after: 2, effect: unreadable });
  const done = await storeBatch(table, { chain: 'main', id: 'b1', producer, records: [first, second], poison: [] });
  expect(done).toMatchObject({ stored: 1, buried: 1 });
  expect(await stored([first, second])).toEqual([0, 1]);
  const { rows } = await owner.query('SELECT producer_seq::int AS seq, reason FROM audit_base.dead_letters');
  expect(rows).toEqual([{ seq: first.producer_seq, reason: expect.stringContaining('MALFORMED_RECORD_IN_PARSING') }]);
});

test('a wrong secret stores nothing, and the machine reads nothing that is governed', async () => {
  const stranger = open('wrong');
  await expect(stranger.ping()).rejects.toMatchObject({ code: 'exchange_denied' });
  await stranger.close();
  const reading = machine.run({ name: 'deals', text: 'SELECT count(*) AS n FROM sales.deals', values: {} });
  await expect(reading).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('42P01') });
});
