import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Ports } from '@causeway/local/ports';
import { freeStackPorts, portVariables } from '@causeway/local/testing/stack-ports';
import pg from 'pg';
import { afterAll, beforeAll, expect } from 'vitest';
import { CHECKOUT, Command, type Finished, runCommand } from './command.ts';
import { requirement } from './requirement.ts';
import { temporaryFolder } from './temporary-folder.ts';

const CAUSEWAY = join(CHECKOUT, 'node_modules/.bin/causeway');
const WANDA = 'wanda@northwind.example';

type Row = Readonly<Record<string, unknown>>;

// Made in `beforeAll`, because listing the tests loads this file too.
let folder: ReturnType<typeof temporaryFolder>;
let dataDir: string;
let ports: Ports;
let stack: Command;
let principalToken: string;

const startStack = () => new Command(['npm', 'start', '--', '--data-dir', dataDir], { env: portVariables(ports) });

/** As somebody types it beside the data folder of the stack. */
const audit = (line: string, env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
  runCommand([CAUSEWAY, 'audit', ...line.split(' ')], { cwd: folder.path, env: { ...portVariables(ports), ...env } });

const mcpUrl = () => `http://127.0.0.1:${ports.mcp}/mcp`;

async function signIn(): Promise<string> {
  const typed = ['dev', 'token', '--idp', 'northwind', '--user', WANDA];
  const { stdout } = await runCommand([CAUSEWAY, ...typed], { cwd: folder.path, env: portVariables(ports) });
  const response = await exchange(stdout.trim());
  return ((await response.json()) as { access_token: string }).access_token;
}

const exchange = (subjectToken: string) =>
  fetch(`http://127.0.0.1:${ports.portal}/oauth/token`, {
    method: 'POST',
    headers: { 'x-request-id': 'e2e-exchange' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      client_id: 'partner-portal',
      subject_token: subjectToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: mcpUrl(),
    }),
  });

async function call(requestId: string, tool: string, args: object = {}, token = principalToken): Promise<number> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'e2e', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(mcpUrl(), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': tool,
      'x-request-id': requestId,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: tool, arguments: args, _meta: meta },
    }),
  });
  await response.text();
  return response.status;
}

interface Report {
  readonly ok: boolean;
  readonly lost: number;
  readonly doubled: number;
  readonly pending: number;
}

const reportOf = ({ stdout }: Finished) => JSON.parse(stdout) as Report;

/** Until what was accepted is stored. */
async function settled(): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const report = reportOf(await audit('reconcile --json'));
    if (report.pending > 0 && Date.now() < deadline) continue;
    expect(report).toMatchObject({ ok: true, lost: 0, doubled: 0, pending: 0 });
    return;
  }
}

async function rows(line = 'export --since 1h'): Promise<Row[]> {
  const { stdout } = await audit(line);
  return stdout
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text) as Row);
}

async function query(user: string, sql: string): Promise<unknown[]> {
  const passwords = JSON.parse(readFileSync(join(dataDir, 'passwords.json'), 'utf8')) as Record<string, string>;
  const client = new pg.Client(
    `postgresql://${user}:${passwords[user]}@127.0.0.1:${ports.postgres}/causeway_warehouse`,
  );
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** A producer's folder with one event, as a dead process would have left it. */
function writeOrphan(row: Row): string {
  const { chain, chain_seq, prev_hash, hash, stored_at, ...record } = row;
  expect([chain, chain_seq, prev_hash, hash, stored_at]).not.toContain(undefined);
  const producer = randomUUID();
  const time = Date.parse(String(row['occurred_at'])).toString(16).padStart(12, '0');
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`;
  const rest = `- ${JSON.stringify({ ...record, event_id: id, producer, producer_seq: 1 })}`;
  const dir = join(folder.path, 'old');
  mkdirSync(dir);
  writeFileSync(join(dir, 'producer.json'), JSON.stringify({ producer }));
  writeFileSync(
    join(dir, '000000000000001-000000000000001.batch'),
    `${crc32(rest).toString(16).padStart(8, '0')} ${rest}\n`,
  );
  return dir;
}

function pidOf(service: string, port: number): number {
  const found = readdirSync('/proc').find((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return line.includes(`services/${service}/src/main.ts`) && environment.includes(`127.0.0.1:${port}`);
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`${service} does not run`);
  return Number(found);
}

beforeAll(async () => {
  folder = temporaryFolder();
  dataDir = join(folder.path, '.causeway');
  ports = await freeStackPorts();
  stack = startStack();
  await stack.lineBeginning('ready ');
  principalToken = await signIn();
  await call('e2e-success', 'query_sales_data', { region: 'WEST', limit: 3 });
  await call('e2e-denied', 'query_audit_log');
  await call('e2e-invalid', 'query_sales_data', { limit: 0 });
  await call('e2e-unknown', 'no_such_tool');
  await call('e2e-refused', 'check_identity', {}, 'not-a-token');
  await exchange('not-a-token');
  await settled();
});

afterAll(async () => {
  await stack?.end();
  folder?.[Symbol.dispose]();
});

requirement(
  ['audit-every-attempt', 'audit-401-access-denied', 'audit-policy-digest'],
  'success, denial, failure, unknown tool, refused token and refused exchange are one event each',
  async () => {
    const found = new Map(Map.groupBy(await rows(), ({ request_id: id }) => String(id)));
    const expected: readonly (readonly [string, Row])[] = [
      ['e2e-success', { kind: 'tool_call', status: 'success', tool: 'query_sales_data', human_email: WANDA }],
      ['e2e-denied', { kind: 'tool_call', status: 'access_denied', error_code: 'access_denied' }],
      ['e2e-invalid', { kind: 'tool_call', status: 'error', error_code: 'invalid_request' }],
      ['e2e-unknown', { status: 'error', error_code: 'invalid_request' }],
      ['e2e-refused', { kind: 'request_refused', status: 'access_denied', error_code: 'invalid_token' }],
    ];
    for (const [id, event] of expected) expect(found.get(id), id).toMatchObject([event]);
    expect(found.get('e2e-exchange')?.map(({ kind, status }) => [kind, status])).toEqual([
      ['token_exchange', 'success'],
      ['token_exchange', 'access_denied'],
    ]);
    const digest = found.get('e2e-success')?.[0]?.['policy_digest'];
    expect(digest).toEqual(expect.any(String));
    for (const [id] of expected) expect(found.get(id)?.[0]?.['policy_digest'], id).toBe(digest);
  },
);

requirement('audit-fields', 'an event has the fields of the contract, in its order', async () => {
  const [row = {}] = await rows();
  expect(Object.keys(row)).toEqual(
    `event_id occurred_at kind request_id trace_id service pattern idp human_subject human_email principal_id role agent client_id tool
arguments statement status error_code reason rows_returned masked_columns latency_ms policy_digest producer producer_seq chain chain_seq
prev_hash hash stored_at`.split(/\s/),
  );
});

requirement('audit-tail', 'tail shows the last events, filters them, and follows until Ctrl-C', async () => {
  const { stdout } = await audit('tail -n 50 --filter status=access_denied --json');
  const shown = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
  expect(shown.map(({ request_id: id }) => id)).toEqual(expect.arrayContaining(['e2e-denied', 'e2e-refused']));
  expect(shown.every(({ status }) => status === 'access_denied')).toBe(true);

  const follow = new Command([CAUSEWAY, 'audit', 'tail', '--follow', '-n', '1'], {
    cwd: folder.path,
    env: portVariables(ports),
  });
  // Its first line says that it listens.
  await expect.poll(() => follow.stdout, { timeout: 60_000 }).not.toBe('');
  await call('e2e-followed', 'get_region_summary');
  await expect.poll(() => follow.stdout, { timeout: 60_000 }).toMatch(/success .*get_region_summary/);
  follow.interrupt();
  expect(await follow.finished()).toMatchObject({ exitCode: 0, stderr: '' });
});

requirement('audit-export', 'export writes JSON lines and CSV of the same events', async () => {
  const json = await rows('export --since 24h --format json');
  const { exitCode, stdout } = await audit('export --since 24h --format csv');
  expect(exitCode).toBe(0);
  const [header, ...lines] = stdout.trimEnd().split('\r\n');
  expect(header).toMatch(/^event_id,occurred_at,kind,/);
  expect(lines.map((line) => line.slice(0, 36))).toEqual(json.map(({ event_id: id }) => id));
  expect((await audit('export --format xml')).exitCode).toBe(2);
});

requirement('audit-worker-append-only', 'the worker’s login reads and changes nothing', async () => {
  for (const sql of [
    'SELECT event_id FROM audit_base.tool_calls',
    'DELETE FROM audit_base.tool_calls',
    'SELECT amount FROM sales.deals',
  ]) {
    await expect(query('causeway_audit_worker', sql)).rejects.toThrow('permission denied');
  }
});

requirement(
  ['audit-verify', 'audit-producer-gap'],
  'verify names an altered row and reconcile a number that is gone; both hold when all is as it was',
  async () => {
    expect(await audit('verify')).toMatchObject({ exitCode: 0 });
    const off = 'ALTER TABLE audit_base.tool_calls DISABLE TRIGGER USER;';
    const on = '; ALTER TABLE audit_base.tool_calls ENABLE TRIGGER USER';
    const owner = (sql: string) => query('postgres', `${off}${sql}${on}`);
    await owner(`UPDATE audit_base.tool_calls SET request_id = request_id || '!' WHERE chain_seq = 2`);
    const altered = await audit('verify --json');
    expect(altered.exitCode).toBe(1);
    expect(JSON.parse(altered.stdout)).toMatchObject({ ok: false, problems: [{ kind: 'altered', chainSeq: 2 }] });
    await owner(`UPDATE audit_base.tool_calls SET request_id = rtrim(request_id, '!') WHERE chain_seq = 2`);
    expect(await audit('verify')).toMatchObject({ exitCode: 0 });

    const away = (by: number) =>
      owner(`UPDATE audit_base.tool_calls SET producer_seq = producer_seq + ${by} WHERE request_id = 'e2e-success'`);
    await away(10);
    const gap = await audit('reconcile --json');
    expect(gap.exitCode).toBe(1);
    expect(reportOf(gap).lost).toBeGreaterThan(0);
    await away(-10);
    expect(await audit('reconcile')).toMatchObject({ exitCode: 0 });
  },
);

requirement(
  ['audit-reconcile', 'audit-adopt'],
  'what waits is pending; adopt refuses a journal in use, ships the copy of one, and nothing is doubled',
  async () => {
    const worker = pidOf('audit-worker', ports.auditWorker);
    process.kill(worker, 'SIGSTOP');
    const orphan = join(folder.path, 'orphan');
    try {
      for (let n = 0; n < 3; n++) await call(`e2e-waits-${n}`, 'get_region_summary');
      expect(reportOf(await audit('reconcile --json'))).toMatchObject({ ok: true, pending: 3 });
      expect(await audit('adopt .causeway/journal/mcp-1')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('its process is alive'),
      });
      cpSync(join(dataDir, 'journal', 'mcp-1'), orphan, { recursive: true });
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    const adopted = await audit('adopt orphan --json');
    expect(adopted).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(adopted.stdout)).toMatchObject({ left: 0 });
    expect((JSON.parse(adopted.stdout) as { found: number }).found).toBeGreaterThan(0);
    await settled();
  },
);

requirement(
  ['audit-exactly-once', 'audit-before-answer'],
  'what was answered before kill -9 is there exactly once after the next start',
  async () => {
    const mcp = pidOf('mcp', ports.mcp);
    const ids = Array.from({ length: 20 }, (_, n) => `e2e-killed-${n}`);
    const answered = await Promise.all(ids.map((id) => call(id, 'get_region_summary')));
    process.kill(mcp, 'SIGKILL');
    expect(answered).toEqual(ids.map(() => 200));
    await stack.finished();
    stack = startStack();
    await stack.lineBeginning('ready ');
    await settled();
    const found = (await rows()).map(({ request_id: id }) => String(id)).filter((id) => ids.includes(id));
    expect(found.toSorted()).toEqual(ids.toSorted());
    expect(await audit('verify')).toMatchObject({ exitCode: 0 });
  },
);

requirement(
  ['audit-retain', 'audit-adopt'],
  'a month that the policy does not keep is dropped, and verify and reconcile hold across it',
  async () => {
    const [kept = {}] = await rows('export --filter request_id=e2e-success');
    // A journal that lay on a disk for years: its event is shipped, and then it is too old.
    const old = writeOrphan({ ...kept, request_id: 'e2e-old', occurred_at: '2024-05-05T10:00:00.000Z' });
    expect(await audit(`adopt ${old}`)).toMatchObject({ exitCode: 0, stdout: '1 of 1 batches are stored\n' });
    expect(await rows('export --until 2024-06-01')).toMatchObject([{ request_id: 'e2e-old', tool: kept['tool'] }]);
    const policy = { CAUSEWAY_POLICY: join(CHECKOUT, 'infra/local/policy.yaml') };
    expect(await audit('retain', policy)).toMatchObject({ exitCode: 0, stdout: '2024-05 dropped: 1 rows\n' });
    expect(await rows('export --until 2024-06-01')).toEqual([]);
    expect(await audit('verify')).toMatchObject({ exitCode: 0 });
    expect(reportOf(await audit('reconcile --json'))).toMatchObject({ ok: true, lost: 0 });
  },
);

requirement(
  ['audit-flood-summed', 'audit-kinds'],
  'of many refusals of one address twenty are events, and the rest is a sum',
  async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => call(`e2e-flood-${n}`, 'check_identity', {}, 'not-a-token')),
    );
    stack.interrupt();
    await stack.finished();
    stack = startStack();
    await stack.lineBeginning('ready ');
    await settled();
    const found = await rows('export --since 10m');
    const recorded = found.filter(({ request_id: id }) => String(id).startsWith('e2e-flood-')).length;
    expect(recorded).toBeLessThanOrEqual(20);
    const sums = found.filter(({ kind }) => kind === 'refused_summary').map(({ arguments: sum }) => sum as Row);
    expect(sums.reduce((sum, { count }) => sum + Number(count), 0)).toBe(60 - recorded);
  },
);
