import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BullBatchQueue } from '@causeway/audit';
import { Secret } from '@causeway/core';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OtlpReceiver } from './otlp-receiver.ts';
import { type Call, TelemetryWorld } from './telemetry-world.ts';

/** Looks like nothing that a pattern would find, so whoever lets it through shows it. */
const CANARY = 'kestrel-7731-umbra';
/** Stands in questions and search words, which are what the audit trail is for: there, in the arguments, and nowhere else. */
const ASKED = 'osprey-4402-penumbra';
const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJrZXN0cmVsIn0.a2VzdHJlbC03NzMxLXVtYnJh';

let receiver: OtlpReceiver;
let world: TelemetryWorld;
let token: string;
const secrets = new Map<string, string>([
  ['what was planted', CANARY],
  ['what was asked', ASKED],
  ['a token that is none', JWT.slice(-24)],
]);

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  world = await TelemetryWorld.start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${CANARY}`,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    LOG_LEVEL: 'debug',
  });
  const subject = await world.signIn('ada@contoso.example');
  token = ((await (await world.exchange(subject)).json()) as { access_token: string }).access_token;
  const { environment } = world.stack;
  for (const [name, value] of Object.entries(environment)) {
    if (name.endsWith('_URL') && value.includes('@')) secrets.set(`the password of ${name}`, new URL(value).password);
    if (name.endsWith('_KEY_FILE')) secrets.set(name, readFileSync(value, 'utf8').trim().slice(-80));
  }
  secrets.set('the secret of a client', readFileSync(join(world.dir, 'data/clients/supervisor.secret'), 'utf8').trim());
  // The signature is the part that nobody has any use for but to be somebody.
  secrets.set('a provider’s token', subject.slice(-40));
  secrets.set('a principal token', token.slice(-40));
}, 120_000);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await receiver?.close();
});

const headers = {
  cookie: `session=${CANARY}`,
  'x-api-key': CANARY,
  baggage: `user=${CANARY}`,
  tracestate: `x=${CANARY}`,
  'user-agent': CANARY,
  referer: `http://127.0.0.1/${CANARY}`,
};

const PLANTED: readonly Omit<Call, 'token'>[] = [
  { tool: 'genie_query', args: { question: `What is the revenue of ${ASKED}?` } },
  { tool: 'genie_query', args: { question: 'Revenue?', conversation_id: CANARY } },
  { tool: 'ask_supervisor', args: { question: `Tell me about ${ASKED}` } },
  { tool: 'query_knowledge_base', args: { query: ASKED } },
  { tool: 'github_search', args: { query: ASKED, kind: 'repositories' } },
  { tool: 'external_api_call', args: { connection: 'orders', method: 'POST', path: '/orders', body: { key: CANARY } } },
  { tool: 'query_sales_data', args: { [CANARY]: 1 } },
  { tool: 'check_identity', meta: { [CANARY]: CANARY, traceparent: CANARY, baggage: CANARY } },
  { tool: CANARY },
];

test('[log-nothing-secret, health-no-secrets] secrets in arguments, headers, tokens and questions come out nowhere', async () => {
  const journal: string[] = [];
  for (const call of PLANTED) {
    await world.call({ token, headers, ...call });
    journal.push(readJournal());
  }
  for (const bad of [JWT, `${token}${CANARY}`]) await world.call({ token: bad, tool: 'check_identity', headers });
  await world.post({ [CANARY]: CANARY }, { authorization: `Bearer ${token}`, ...headers });
  await fetch(`${world.mcpUrl}?access_token=${CANARY}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  await fetch(`${world.stack.environment.MCP_PUBLIC_URL}/${CANARY}`);
  for (const bad of [JWT, CANARY]) await world.exchange(bad, { headers, scope: 'sql' });
  await fetch(`${world.stack.environment.PORTAL_PUBLIC_URL}/oauth/token`, {
    method: 'POST',
    headers: { ...headers, authorization: `Basic ${Buffer.from(`supervisor:${CANARY}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  await plantAtPortal();
  journal.push(readJournal());
  await plantAtListeners();
  await plantInQueue();
  const last = await world.call({ token, tool: 'check_identity' });
  await receiver.span('the last call', ({ attributes }) => attributes['request_id'] === last.requestId);
  journal.push(readJournal());
  const seen = { ...(await outputs(last.requestId)), journal: journal.join('\n') };
  // Each of them was there to be searched.
  for (const [place, text] of Object.entries(seen))
    expect(text, place).toMatch(/check_identity|telemetry_spans_ended_total|audit_events_stored_total|audit_journal/);
  // The journal holds the arguments until the worker has stored them.
  const expected = ['what was asked in audit arguments', 'what was asked in journal'];
  const found = Object.entries(seen).flatMap(([place, text]) =>
    [...secrets].flatMap(([what, secret]) => {
      const name = `${what} in ${place}`;
      return text.includes(secret) ? [{ name, line: lineWith(text, secret) }] : [];
    }),
  );
  expect(found.filter(({ name }) => !expected.includes(name))).toEqual([]);
  expect(found.map(({ name }) => name)).toContain('what was asked in audit arguments');
});

/** Where it came out, without itself. */
function lineWith(text: string, secret: string): string | undefined {
  const line = text.split('\n').find((one) => one.includes(secret));
  return line?.replaceAll(secret, '[here]').slice(0, 1000);
}

/** Every parameter of every endpoint of the portal that takes something from a stranger. */
async function plantAtPortal(): Promise<void> {
  const portal = world.stack.environment.PORTAL_PUBLIC_URL;
  const names = ['client_id', 'redirect_uri', 'state', 'scope', 'nonce', 'login_hint', 'code_challenge', 'resource'];
  const query = new URLSearchParams(names.map((name): [string, string] => [name, CANARY]));
  for (const path of [
    `/oauth/authorize?${query}`,
    `/auth/northwind/callback?code=${JWT}&state=${CANARY}`,
    `/${CANARY}`,
  ]) {
    await fetch(`${portal}${path}`, { headers, redirect: 'manual' });
  }
  const forms: readonly (readonly [path: string, form: Readonly<Record<string, string>>])[] = [
    [
      '/oauth/token',
      { grant_type: 'authorization_code', client_id: 'demo-agent-host', code: CANARY, code_verifier: CANARY },
    ],
    ['/oauth/token', { grant_type: 'refresh_token', client_id: 'demo-agent-host', refresh_token: CANARY }],
    ['/oauth/token', { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: JWT }],
    ['/oauth/token', { grant_type: CANARY, client_id: CANARY.slice(0, 4), client_secret: CANARY }],
    [
      '/oauth/token',
      {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: JWT,
      },
    ],
    ['/oauth/revoke', { token, client_id: 'demo-agent-host', token_type_hint: CANARY }],
    ['/oauth/revoke', { token: JWT, client_id: 'partner-portal' }],
    ['/oauth/introspect', { token: JWT, client_id: 'partner-portal', client_secret: CANARY }],
  ];
  for (const [path, form] of forms) {
    await fetch(`${portal}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
  }
  const json = { ...headers, 'content-type': 'application/json' };
  const body = JSON.stringify({ client_name: CANARY, redirect_uris: [`https://${CANARY}.example/`] });
  await fetch(`${portal}/oauth/register`, { method: 'POST', headers: json, body });
}

/** The listener of the platform's own proxy, and the worker, who takes nothing by HTTP but questions about itself. */
async function plantAtListeners(): Promise<void> {
  const { obo, auditWorker } = world.ports;
  for (const forwarded of [JWT, CANARY]) {
    await fetch(`http://127.0.0.1:${obo}/mcp`, {
      method: 'POST',
      headers: { ...headers, 'x-forwarded-access-token': forwarded, 'content-type': 'application/json' },
      body: JSON.stringify({ [CANARY]: CANARY }),
    });
  }
  await fetch(`http://127.0.0.1:${auditWorker}/${CANARY}?x=${CANARY}`, { headers });
}

/** Whoever can write to the queue puts there what they like: batches that no producer signed, and jobs that are no batches. */
async function plantInQueue(): Promise<void> {
  const stateDatabaseUrl = new Secret(world.stack.environment.STATE_DATABASE_URL);
  const queue = new BullBatchQueue({ redisUrl: undefined, stateDatabaseUrl }, () => undefined);
  const forged = { producer: randomUUID(), first: 1, last: 1, records: CANARY, traces: [JWT], mac: CANARY };
  const others = [
    { ...forged, last: 2, [CANARY]: CANARY },
    { ...forged, producer: CANARY },
  ];
  try {
    for (const batch of [forged, ...others]) await queue.add(batch);
  } finally {
    await queue.close();
  }
  const metrics = () => world.metricsOf('auditWorker');
  await expect.poll(metrics, { timeout: 60_000, interval: 200 }).toMatch(/^audit_batches_refused_total 3$/m);
}

/** Events stand in it until the worker has stored them, so it is read after each call. */
function readJournal(): string {
  return readdirSync(world.stack.environment.JOURNAL_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readUnlessGone(join(entry.parentPath, entry.name)))
    .join('\n');
}

/** A segment is deleted once the worker has stored what is in it. */
function readUnlessGone(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Everything that the processes put out, by place. */
async function outputs(requestId: string): Promise<Readonly<Record<string, string>>> {
  const audit = await storedRows(requestId);
  const { dir } = world;
  // Logs are written in blocks.
  await receiver.until('the last line of the log', () => (world.logOf('mcp').includes(requestId) ? true : undefined));
  return {
    spans: JSON.stringify(receiver.spans),
    'metrics by OTLP': JSON.stringify(receiver.metrics),
    'metrics of the portal': await world.metricsOf('portal'),
    'metrics of mcp': await world.metricsOf('mcp'),
    'metrics of the worker': await world.metricsOf('auditWorker'),
    health: await healthOfAll(),
    logs: ['portal', 'mcp', 'audit-worker', 'postgres']
      .map((name) => readFileSync(join(dir, 'data', 'logs', `${name}.log`), 'utf8'))
      .join('\n'),
    ...audit,
  };
}

async function healthOfAll(): Promise<string> {
  const { portal, mcp, auditWorker } = world.ports;
  const answers = [portal, mcp, auditWorker].map(async (port) =>
    (await fetch(`http://127.0.0.1:${port}/health`)).text(),
  );
  return (await Promise.all(answers)).join('\n');
}

/** The whole audit trail, once the record of this request is in it; the arguments apart from the rest. */
async function storedRows(requestId: string) {
  const client = new pg.Client(world.stack.environment.ADMIN_DATABASE_URL);
  await client.connect();
  try {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await delay(100)) {
      const { rows } = await client.query<{ rest: string; arguments: string }>(
        `SELECT (to_jsonb(t) - 'arguments')::text AS rest, concat(tool, t.arguments) AS arguments FROM audit_base.tool_calls t`,
      );
      const text = (column: 'rest' | 'arguments') => rows.map((row) => row[column]).join('\n');
      if (text('rest').includes(requestId)) return { 'audit rows': text('rest'), 'audit arguments': text('arguments') };
    }
    throw new Error('the record did not come');
  } finally {
    await client.end();
  }
}
