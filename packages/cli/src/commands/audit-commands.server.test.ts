import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type AuditRecord,
  auditFoundation,
  consumeBatches,
  createEventIds,
  createHeadSigner,
  HeadsFile,
  Journal,
  JournalSink,
  openProducer,
  PostgresAuditTable,
  proofOf,
  readBatch,
  signReceipt,
  toRecord,
  UnacceptableBatch,
  withReader,
} from '@causeway/audit';
import { newSigningKey, WANDA } from '@causeway/audit/testing';
import { Secret } from '@causeway/core';
import { applyGovernance, type ApplyReport } from '@causeway/platform';
import { parsePolicy } from '@causeway/policy';
import { POSTGRES_KINDS, startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { runCli } from '../run-cli.ts';
import { COMMANDS } from './index.ts';

const POLICY = new URL('../../../../infra/local/policy.yaml', import.meta.url);
const PRINCIPAL = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c0';

const privateKey = newSigningKey();

describe.each(POSTGRES_KINDS)('causeway audit on %s', (kind) => {
  let server: TestPostgres;
  let database: string;
  let dir: string;
  let env: Record<string, string>;
  let table: PostgresAuditTable;
  let heads: HeadsFile;
  let applied: ApplyReport;
  let again: ApplyReport;

  beforeAll(async () => {
    server = await startTestPostgres(kind);
    database = await server.createDatabase();
    dir = mkdtempSync(join(tmpdir(), 'causeway-cli-audit-'));
    const policy = await parsePolicy(readFileSync(POLICY, 'utf8'), { file: 'policy.yaml' });
    const foundation = auditFoundation({ worker: 'test', reader: 'test' });
    const adminUrl = server.urlOf(database);
    applied = await applyGovernance({ adminUrl, policy, foundation });
    again = await applyGovernance({ adminUrl, policy, foundation });

    writeFileSync(join(dir, 'signing-key.pem'), privateKey, { mode: 0o600 });
    const headsPath = join(dir, 'heads.jsonl');
    heads = new HeadsFile({ path: headsPath, signer: await createHeadSigner(privateKey) });
    await heads.prepare();
    const url = new Secret(server.urlOf(database, 'causeway_audit_worker'));
    table = new PostgresAuditTable({ url, connectionsMax: 1, report: () => undefined });
    env = {
      AUDIT_READ_URL: server.urlOf(database, 'causeway_audit_reader'),
      ADMIN_DATABASE_URL: adminUrl,
      AUDIT_HEADS_PATH: headsPath,
      AUDIT_SIGNING_KEY_FILE: join(dir, 'signing-key.pem'),
      JOURNAL_DIR: join(dir, 'journal'),
      CAUSEWAY_POLICY: join(dir, 'policy.yaml'),
    };
    writeFileSync(join(dir, 'policy.yaml'), readFileSync(POLICY, 'utf8'));
    await store(old, 2);
    await store(recent, 10);
  });

  afterAll(async () => {
    await table.close();
    await server.stop();
    rmSync(dir, { recursive: true });
  });

  const old = records(() => Date.parse('2024-05-05T10:00:00Z'));
  const recent = records();

  async function store(make: () => AuditRecord, count: number): Promise<void> {
    await heads.anchor(await table.append('main', Array.from({ length: count }, make), []));
  }

  async function causeway(line: string, changes: Readonly<Record<string, string>> = {}) {
    const written = { stdout: '', stderr: '' };
    const code = await runCli(line.split(' '), COMMANDS, {
      env: { ...env, ...changes },
      cwd: dir,
      version: '0',
      signal: new AbortController().signal,
      stdout: { write: (text) => (written.stdout += text) },
      stderr: { write: (text) => (written.stderr += text) },
    });
    return { code, ...written };
  }

  const owner = (text: string) =>
    server.asAdmin(
      (client) =>
        client.query(
          `ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER; ${text}; ALTER TABLE audit_base.tool_calls ENABLE TRIGGER USER`,
        ),
      database,
    );

  test('db apply lays the trail first, and a second time there is nothing to do', () => {
    expect(applied.actions[0]).toMatchObject({ verb: 'create', what: 'audit trail' });
    expect(applied.pending).toEqual([]);
    expect(again.actions).toEqual([]);
  });

  test.each([
    ['the guard of the table', 'DROP TRIGGER append_only ON audit_base.tool_calls'],
    ['the guard against emptying a month', 'DROP TRIGGER append_only_truncate ON audit_base.tool_calls_2024_05'],
    ['a guard that was switched off', 'ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER'],
    ['a guard that was switched off for a month', 'ALTER TABLE audit_base.tool_calls_2024_05 DISABLE TRIGGER USER'],
    [
      'a guard that refuses nothing',
      `CREATE OR REPLACE FUNCTION audit_base.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    ],
    ['append as its caller', 'ALTER FUNCTION audit.append SECURITY INVOKER'],
    ['append of somebody else', 'ALTER FUNCTION audit.append OWNER TO CURRENT_USER'],
  ])('db apply notices and repairs %s', async (_, text) => {
    await server.asAdmin((client) => client.query(text), database);
    const policy = await parsePolicy(readFileSync(POLICY, 'utf8'), { file: 'policy.yaml' });
    const apply = () => applyGovernance({ adminUrl: server.urlOf(database), policy, foundation: auditFoundation() });
    expect((await apply()).actions).toMatchObject([{ verb: 'update', what: 'audit trail' }]);
    expect((await apply()).actions).toEqual([]);
    const refusal = (statement: string) =>
      server
        .asAdmin((client) => client.query(statement), database)
        .then(
          () => 'allowed',
          (error: Error) => error.message,
        );
    for (const name of ['tool_calls', 'tool_calls_2024_05']) {
      expect(await refusal(`DELETE FROM audit_base.${name}`)).toContain('append-only');
      expect(await refusal(`TRUNCATE audit_base.${name}`)).toContain('append-only');
    }
  });

  test('reading is governed: only groups that the policy names see rows', async () => {
    const rowsOf = (role: string) =>
      server.asAdmin(async (client) => {
        await client.query(`BEGIN; SET LOCAL ROLE "${role}"`);
        return (await client.query('SELECT event_id FROM audit.tool_calls')).rowCount;
      }, database);
    for (const role of [4, 5, 6]) expect(await rowsOf(`${PRINCIPAL}${role}`)).toBe(12);
    for (const role of [1, 2, 3]) await expect(rowsOf(`${PRINCIPAL}${role}`)).rejects.toThrow('permission denied');
    await expect(rowsOf('causeway_gateway')).rejects.toThrow('permission denied');
    await expect(rowsOf('causeway_audit_worker')).rejects.toThrow('permission denied');
  });

  test('tail prints the newest last, and filters', async () => {
    const { code, stdout } = await causeway('audit tail -n 3 --json');
    expect(code).toBe(0);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { chain_seq: number });
    expect(rows.map(({ chain_seq }) => chain_seq)).toEqual([10, 11, 12]);
    expect((await causeway('audit tail --filter status=error')).stdout).toBe('');
    expect(
      (await causeway('audit tail --filter human_email=wanda@northwind.example,tool=query_sales_data')).stdout,
    ).toContain('wanda@northwind.example');
    expect(await causeway('audit tail --filter nonsense=1')).toMatchObject({ code: 2 });
    expect(await causeway(`audit tail --filter kind::text;--=1`)).toMatchObject({ code: 2 });
  });

  test('tail prints nothing that steers a terminal', async () => {
    await store(records(Date.now, { tool: '\u001B[2Jx\u202Ey' }), 1);
    const { stdout } = await causeway('audit tail -n 1');
    expect(stdout).toContain('?[2Jx?y');
  });

  test('export gives the events of a span of time as JSON lines', async () => {
    const lines = (await causeway('audit export --since 24h')).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(11);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'tool_call', chain: 'main', chain_seq: 3 });
    expect((await causeway('audit export --until 2025-01-01')).stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(await causeway('audit export --since yesterday')).toMatchObject({ code: 2 });
  });

  test('export as CSV neutralises what a spreadsheet would run', async () => {
    for (const tool of ['=1+1', '+1', '-1', '@x', '\tx', '\rx', '＝1', 'a"b', 'a,b', 'a\nb'])
      await store(records(Date.now, { tool }), 1);
    const { stdout } = await causeway('audit export --since 1h --format csv');
    expect(await causeway('audit export --json --format csv')).toMatchObject({ code: 2, stdout: '' });
    const [header] = stdout.split('\r\n');
    expect(header?.split(',')).toHaveLength(31);
    for (const cell of [`'=1+1`, `'+1`, `'-1`, `'@x`, `"'\rx"`, `'＝1`, `"a""b"`, `"a,b"`, `"a\nb"`]) {
      expect(stdout).toContain(`,${cell},`);
    }
    expect(stdout).toMatch(/,"?'\tx"?,/);
  });

  test('verify is green, from the beginning and from a signed head, with the key beside and with one named', async () => {
    expect(await causeway('audit verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('rows are what was stored'),
    });
    expect(await causeway('audit verify --since 1s --json')).toMatchObject({ code: 0 });
    const { publicJwk } = await createHeadSigner(privateKey);
    writeFileSync(join(dir, 'public.json'), JSON.stringify(publicJwk));
    expect(await causeway('audit verify --key public.json')).toMatchObject({ code: 0 });
  });

  test('verify trusts the named key and no other', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' });
    writeFileSync(join(dir, 'other.pem'), other);
    expect(await causeway('audit verify --key other.pem')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no signature of a known key'),
    });
  });

  test('accept takes rows that no worker signed, by name and with a reason, and verify goes on naming them', async () => {
    await table.append('main', [recent()], []);
    await store(recent, 2);
    const before = await causeway('audit verify');
    expect(before).toMatchObject({ code: 1, stdout: expect.stringContaining('no signed head vouches for them') });
    const [, row = ''] = /row (\d+) \(event/.exec(before.stdout) ?? [];
    expect(await causeway('audit accept --by olivia')).toMatchObject({ code: 2 });
    expect(await causeway('audit accept --by oli\u001Bvia --reason found')).toMatchObject({ code: 1, stdout: '' });
    expect(await causeway('audit accept --by olivia --reason heads-were-lost')).toMatchObject({
      code: 0,
      stdout: `chain main: rows ${row} to ${row} are accepted\n`,
    });
    const after = await causeway('audit verify');
    expect(after.code).toBe(0);
    expect(after.stdout).toMatch(
      new RegExp(`rows ${row} to ${row} were signed by no worker; olivia accepted them at \\S+: heads-were-lost\n`),
    );
    expect(await causeway('audit accept --by olivia --reason again')).toMatchObject({
      stdout: 'there is nothing to accept\n',
    });
    // Nobody can change what was accepted, nor take it away.
    await owner(`UPDATE audit_base.tool_calls SET tool = 'x' WHERE chain_seq = ${row}`);
    expect(await causeway('audit verify')).toMatchObject({ code: 1, stdout: expect.stringContaining('was altered') });
    expect(await causeway('audit accept --by olivia --reason altered')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('this cannot be accepted'),
    });
    await owner(`UPDATE audit_base.tool_calls SET tool = 'query_sales_data' WHERE chain_seq = ${row}`);
  });

  test('what was accepted with a key that is not known counts for nothing', async () => {
    await table.append('main', [recent()], []);
    await store(recent, 1);
    writeFileSync(join(dir, 'other-key.pem'), newSigningKey(), { mode: 0o600 });
    const { publicJwk } = await createHeadSigner(privateKey);
    writeFileSync(join(dir, 'known.json'), JSON.stringify(publicJwk));
    const files = readdirSync(dir).filter((name) => name.includes('checkpoints'));
    const kept = files.map((name) => [name, readFileSync(join(dir, name))] as const);
    const stranger = { AUDIT_SIGNING_KEY_FILE: join(dir, 'other-key.pem') };
    expect(await causeway('audit accept --by eve --reason mine --key known.json', stranger)).toMatchObject({ code: 0 });
    expect(await causeway('audit verify --key known.json')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no signed head vouches for them'),
    });
    for (const [name, content] of kept) writeFileSync(join(dir, name), content);
    expect(await causeway('audit accept --by olivia --reason test')).toMatchObject({ code: 0 });
    expect(await causeway('audit verify')).toMatchObject({ code: 0 });
  });

  test('verify names an altered row and ends with 1', async () => {
    await owner(`UPDATE audit_base.tool_calls SET tool = 'x' WHERE chain_seq = 5`);
    expect(await causeway('audit verify')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/row 5 \(event [0-9a-f-]{36}\) was altered/),
    });
    expect(await causeway('audit retain')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was dropped'),
    });
    await owner(`UPDATE audit_base.tool_calls SET tool = 'query_sales_data' WHERE chain_seq = 5`);
    expect(await causeway('audit verify')).toMatchObject({ code: 0 });
  });

  test('reconcile counts producers and journals, and ends with 1 when something is lost', async () => {
    const folder = openProducer(join(dir, 'journal'), 'mcp');
    const journal = new Journal({ folder, bytesMax: 2 ** 20 });
    onTestFinished(() => journal.close());
    await new JournalSink({ journal, producer: folder.producer, service: 'mcp' }).record(event({}));
    const { code, stdout } = await causeway('audit reconcile --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, lost: 0, doubled: 0, pending: 1 });
    await owner(
      'CREATE TEMP TABLE kept AS SELECT * FROM audit_base.tool_calls WHERE chain_seq = 4; DELETE FROM audit_base.tool_calls WHERE chain_seq = 4',
    );
    const lost = await causeway('audit reconcile');
    expect(lost).toMatchObject({ code: 1, stdout: expect.stringContaining('1 lost, 0 doubled, 1 pending') });
  });

  test('adopt refuses a folder that nobody wrote into, and one whose process is alive', async () => {
    const keys = { AUDIT_PRODUCER_KEY: randomUUID(), STATE_DATABASE_URL: server.url };
    expect(await causeway('audit adopt .', keys)).toMatchObject({ code: 1 });
    const folder = openProducer(join(dir, 'journal'), 'alive');
    onTestFinished(() => folder.lock.release());
    expect(await causeway(`audit adopt ${folder.dir}`, keys)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('its process is alive'),
    });
  });

  test('adopt ships the whole journal of a process that is no more, and every event is stored once', async () => {
    const key = randomUUID();
    const folder = openProducer(join(dir, 'orphans'), 'dead');
    const journal = new Journal({ folder, bytesMax: 2 ** 20, batchEventsMax: 4 });
    const sink = new JournalSink({ journal, producer: folder.producer, service: 'dead' });
    for (let turn = 0; turn < 5; turn++) await Promise.all([sink.record(event({})), sink.record(event({}))]);
    journal.close();
    const state = server.urlOf(await server.createDatabase());
    const keys = { AUDIT_PRODUCER_KEY: key, STATE_DATABASE_URL: state };

    // Nobody works on the queue: what was not confirmed stays.
    const early = await causeway(`audit adopt ${folder.dir} --wait 1 --json`, keys);
    expect([early.code, JSON.parse(early.stdout)]).toMatchObject([1, { found: 3, left: 3 }]);
    const worker = consumeBatches({
      location: { stateDatabaseUrl: new Secret(state) },
      concurrency: 1,
      report: () => undefined,
      process: async ({ id, batch }) => {
        const read = readBatch([{ key: new Secret(key) }], id, batch);
        if (!read.ok) throw new UnacceptableBatch(read.reason);
        await heads.anchor(await table.append('main', read.records, []));
        return signReceipt(read.key, proofOf(read.batch));
      },
    });
    onTestFinished(() => worker.close());
    expect(await causeway(`audit adopt ${folder.dir} --wait 20`, keys)).toMatchObject({
      code: 0,
      stdout: '3 of 3 batches are stored\n',
    });
    expect(await causeway(`audit adopt ${folder.dir}`, keys)).toMatchObject({
      code: 0,
      stdout: '0 of 0 batches are stored\n',
    });
    const { stdout } = await causeway(`audit reconcile --journal ${join(dir, 'orphans')} --json`);
    const { producers } = JSON.parse(stdout) as { producers: readonly { producer: string }[] };
    expect(producers.find(({ producer }) => producer === folder.producer)).toMatchObject({
      accepted: 10,
      stored: 10,
      duplicates: 0,
      pending: 0,
      gaps: [],
    });
  });

  test('settings that are missing are all named, and none is guessed', async () => {
    const place = { AUDIT_READ_URL: '', AUDIT_HEADS_PATH: '' };
    const { code, stderr } = await causeway('audit verify', place);
    expect(code).toBe(78);
    expect(stderr).toContain('AUDIT_READ_URL is not set');
    expect(stderr).toContain('AUDIT_HEADS_PATH is not set');
  });
});

test.each(POSTGRES_KINDS)(
  'an administrator who is not superuser lays the trail, and only the worker appends, on %s',
  async (kind) => {
    const server = await startTestPostgres(kind);
    onTestFinished(() => server.stop());
    await server.asAdmin((admin) => admin.query('CREATE ROLE dba LOGIN CREATEROLE'));
    await server.asAdmin((admin) => admin.query('CREATE DATABASE shop OWNER dba'));
    await withReader(server.urlOf('shop', 'dba'), async (dba) => {
      const { statements } = auditFoundation();
      for (const statement of [...statements, ...statements]) await dba.query(statement);
    });
    const url = new Secret(server.urlOf('shop', 'causeway_audit_worker'));
    const table = new PostgresAuditTable({ url, connectionsMax: 1, report: () => undefined });
    onTestFinished(() => table.close());
    expect(await table.append('main', [records()()], [])).toMatchObject({ stored: 1 });
  },
);

test('retain drops old months under a signed checkpoint, and verify and reconcile hold across it', async () => {
  const server = await startTestPostgres('embedded');
  const dir = mkdtempSync(join(tmpdir(), 'causeway-cli-retain-'));
  onTestFinished(async () => {
    await server.stop();
    rmSync(dir, { recursive: true });
  });
  await server.asAdmin(async (client) => {
    for (const statement of auditFoundation().statements) await client.query(statement);
  });
  writeFileSync(join(dir, 'key.pem'), privateKey, { mode: 0o600 });
  const headsPath = join(dir, 'heads.jsonl');
  const heads = new HeadsFile({ path: headsPath, signer: await createHeadSigner(privateKey) });
  await heads.prepare();
  const url = new Secret(server.urlOf('postgres', 'causeway_audit_worker'));
  const table = new PostgresAuditTable({ url, connectionsMax: 1, report: () => undefined });
  const old = records(() => Date.parse('2024-05-05T10:00:00Z'));
  const recent = records();
  for (const make of [old, recent, old, recent]) await heads.anchor(await table.append('main', [make(), make()], []));
  await table.close();
  const run = async (line: string) => {
    let stdout = '';
    const code = await runCli(line.split(' '), COMMANDS, {
      env: {
        AUDIT_READ_URL: server.urlOf('postgres', 'causeway_audit_reader'),
        ADMIN_DATABASE_URL: server.url,
        AUDIT_HEADS_PATH: headsPath,
        AUDIT_SIGNING_KEY_FILE: join(dir, 'key.pem'),
        CAUSEWAY_POLICY: POLICY.pathname,
      },
      cwd: dir,
      version: '0',
      signal: new AbortController().signal,
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: () => undefined },
    });
    return { code, stdout };
  };
  expect(await run('audit retain --dry-run')).toEqual({ code: 0, stdout: '2024-05 would be dropped: 4 rows\n' });
  expect(await run('audit retain')).toEqual({ code: 0, stdout: '2024-05 dropped: 4 rows\n' });
  expect(await run('audit retain')).toEqual({ code: 0, stdout: 'nothing dropped: 0 rows\n' });
  expect(await run('audit verify')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('4 rows are what was stored'),
  });
  expect(await run('audit reconcile')).toMatchObject({ code: 0 });
  const checkpoints = readdirSync(dir).filter((name) => name.includes('checkpoints'));
  for (const name of checkpoints) rmSync(join(dir, name));
  expect(await run('audit verify')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('rows 1 to 2 are missing'),
  });
});

type Changes = { readonly tool?: string };

function event({ tool = 'query_sales_data' }: Changes) {
  return {
    kind: 'tool_call' as const,
    requestId: randomUUID(),
    caller: WANDA,
    outcome: { status: 'success' as const },
    tool,
    arguments: { region: 'WEST' },
    latencyMs: 1.5,
  };
}

function records(now: () => number = Date.now, changes: Changes = {}): () => AuditRecord {
  const producer = randomUUID();
  const nextId = createEventIds(now);
  let seq = 0;
  return () =>
    toRecord(event(changes), {
      eventId: nextId(),
      at: now(),
      service: 'mcp',
      producer,
      seq: ++seq,
      traceId: undefined,
    });
}
