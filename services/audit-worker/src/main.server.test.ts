import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { auditFoundation, openAudit } from '@causeway/audit';
import { newSigningKey } from '@causeway/audit/testing';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { Secret } from '@causeway/core';
import { createMetrics } from '@causeway/runtime';
import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { endProcess } from '@causeway/runtime/testing/server-process';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

const ENTRY = fileURLToPath(new URL('main.ts', import.meta.url));

let warehouse: TestPostgres;
let state: TestPostgres;
let dir: string;
let env: Record<string, string>;
const producerKey = randomUUID();

beforeAll(async () => {
  [warehouse, state] = await Promise.all([startTestPostgres(), startTestPostgres()]);
  for (const statement of auditFoundation().statements) await warehouse.query(statement);
  dir = mkdtempSync(join(tmpdir(), 'causeway-worker-'));
  writeFileSync(join(dir, 'key.pem'), newSigningKey(), { mode: 0o600 });
  env = {
    AUDIT_DATABASE_URL: warehouse.urlOf('postgres', 'causeway_audit_worker'),
    STATE_DATABASE_URL: state.url,
    AUDIT_SIGNING_KEY_FILE: join(dir, 'key.pem'),
    AUDIT_HEADS_PATH: join(dir, 'heads', 'worker.jsonl'),
    AUDIT_PRODUCER_KEYS: `other:${randomUUID()}\ntest:${producerKey}`,
  };
});

afterAll(async () => {
  await Promise.all([warehouse.stop(), state.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

async function startWorker(changes: Readonly<Record<string, string>> = {}) {
  const port = await freePort();
  const child = spawn(process.execPath, [ENTRY], {
    env: { ...env, AUDIT_WORKER_LISTEN: `127.0.0.1:${port}`, ...changes },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => endProcess(child, 'SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  return { child, get, output: () => output };
}

const ended = async (child: ChildProcess) => {
  if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
  return child.exitCode;
};

test('it starts before what it needs, says what it waits for, and works when that has come', async () => {
  await Promise.all([warehouse.kill(), state.kill()]);
  const { child, get } = await startWorker();
  await expect.poll(async () => (await get('/livez')).status, { timeout: 60_000 }).toBe(200);
  expect(await get('/readyz')).toMatchObject({ status: 503, text: expect.stringMatching(/warehouse|queue/) });
  const health = await get('/health');
  expect(health.status).toBe(503);
  expect(JSON.parse(health.text)).toMatchObject({
    status: 'down',
    dependencies: { warehouse: { status: 'down' }, queue: { status: 'down' }, 'heads file': { status: 'ok' } },
  });
  expect(health.text).not.toContain(new URL(warehouse.url).port);
  await Promise.all([warehouse.restart(), state.restart()]);
  await expect.poll(async () => (await get('/readyz')).status, { timeout: 60_000 }).toBe(200);

  const audit = openAudit({
    service: 'test',
    journalDir: join(dir, 'journal'),
    journalBytesMax: 2 ** 24,
    producerKey: new Secret(producerKey),
    location: { stateDatabaseUrl: new Secret(state.url) },
    isProduction: false,
    metrics: createMetrics(),
    report: () => undefined,
  });
  await audit.sink.record({ kind: 'sign_out', requestId: 'r', caller: undefined, outcome: { status: 'success' } });
  await audit.close(60_000);
  expect(await warehouse.query('SELECT kind, chain_seq::int AS n FROM audit_base.tool_calls')).toEqual([
    { kind: 'sign_out', n: 1 },
  ]);
  expect((await get('/metrics')).text).toMatch(/^audit_events_stored_total 1$/m);
  expect(
    readFileSync(env['AUDIT_HEADS_PATH'] ?? '', 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(1);

  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
});

test('wrong settings end it with 78, all named and none quoted', async () => {
  const { child, output } = await startWorker({
    AUDIT_DATABASE_URL: 'mysql://u:secret@h/x',
    STATE_DATABASE_URL: '',
    AUDIT_PRODUCER_KEYS: '',
  });
  expect(await ended(child)).toBe(78);
  for (const name of ['AUDIT_DATABASE_URL', 'REDIS_URL', 'AUDIT_PRODUCER_KEY']) expect(output()).toContain(name);
  expect(output()).not.toContain('secret');
});

test('the warehouse is no place for the queue', async () => {
  const { child, output } = await startWorker({ STATE_DATABASE_URL: warehouse.url });
  expect(await ended(child)).toBe(78);
  expect(output()).toContain('STATE_DATABASE_URL must not be the warehouse database');
});

test('a signing key that is none ends it with 78', async () => {
  const { child, output } = await startWorker({ AUDIT_SIGNING_KEY_FILE: '', AUDIT_SIGNING_KEY: 'no key at all' });
  expect(await ended(child)).toBe(78);
  expect(output()).not.toContain('no key at all');
});

test('a workspace that is not whole ends it with 78, each missing setting named', async () => {
  const { child, output } = await startWorker({
    PLATFORM: 'databricks',
    DATABRICKS_HOST: 'dbc-1.cloud.databricks.com',
  });
  expect(await ended(child)).toBe(78);
  for (const name of ['WAREHOUSE_ID', 'CLIENT_ID', 'CLIENT_SECRET']) expect(output()).toContain(`DATABRICKS_${name}`);
  expect(output()).not.toContain('DATABRICKS_HOST');
});
