import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { newSigningKey, startTestRedis } from '@causeway/audit/testing';
import { COMMANDS } from '@causeway/cli/commands';
import { runCli } from '@causeway/cli/run-cli';
import { McpWorld, type WorldPlace } from '@causeway/test-e2e/mcp-world';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { OtlpReceiver } from '@causeway/test-telemetry/otlp-receiver';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

let place: WorldPlace;
let world: McpWorld;
let collector: OtlpReceiver;

beforeAll(async () => {
  collector = await OtlpReceiver.start();
  place = await McpWorld.place();
  world = await McpWorld.start({ place });
}, 180_000);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await collector?.close();
});

type Env = Readonly<Record<string, string>>;

interface Finding {
  readonly check: string;
  readonly status: string;
  readonly found: string;
  readonly means?: string;
  readonly todo?: string;
}

async function run(env: Env, ...args: readonly string[]) {
  let stdout = '';
  let stderr = '';
  const exitCode = await runCli(['doctor', ...args], COMMANDS, {
    env,
    cwd: place.folder.path,
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
    signal: AbortSignal.timeout(60_000),
    version: '0',
  });
  return { exitCode, stdout, stderr };
}

/** The settings of the installation, with some of them otherwise. */
const settings = (env: Env = {}): Env => ({
  ...world.environment,
  AUDIT_WORKER_LISTEN: `127.0.0.1:${place.ports.auditWorker}`,
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  ...env,
});

/** What it says of one check, by these settings alone. */
async function find(check: string, env: Env): Promise<Finding & { readonly exitCode: number }> {
  const { stdout, exitCode } = await run(env, '--json');
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Finding[] };
  const finding = checks.find((one) => one.check === check);
  if (finding === undefined) throw new Error(`there is no check ${check}`);
  return { ...finding, exitCode };
}

async function expectFault(check: string, env: Env, found: RegExp): Promise<void> {
  expect(await find(check, env)).toEqual({
    check,
    exitCode: 1,
    status: 'wrong',
    found: expect.stringMatching(found),
    means: expect.any(String),
    todo: expect.any(String),
  });
}

type Route = (request: IncomingMessage) => readonly [status: number, headers: Env, body?: string];

/** Something that answers in the place of a service. */
async function impostor(route: Route): Promise<string> {
  const server: Server = createServer((request, response) => {
    const [status, headers, body = ''] = route(request);
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const says = (value: unknown): readonly [number, Env, string] => [
  200,
  { 'content-type': 'application/json' },
  JSON.stringify(value),
];

/** Passwords of addresses, and keys of files. */
function secretsOf(environment: Env): string[] {
  const secrets = Object.entries(environment).flatMap(([name, value]) => {
    if (name.endsWith('_URL') && value.includes('@')) return [new URL(value).password];
    return name.endsWith('_KEY_FILE') ? [readFileSync(value, 'utf8').trim()] : [];
  });
  if (secrets.length < 6) throw new Error('where are the secrets?');
  return secrets;
}

test('a sound installation: every check is well or says why it does not apply, and nothing secret is printed', async () => {
  const { stdout, stderr, exitCode } = await run(settings());
  expect(stdout).not.toMatch(/^NO/m);
  expect(exitCode).toBe(0);
  expect(stderr).toBe('');
  const skipped = stdout.split('\n').filter((line) => line.startsWith('--'));
  expect(skipped.every((line) => line.includes('a local installation'))).toBe(true);
  expect(stdout).toMatch(/^ok {2}warehouse login/m);
  expect(stdout).toMatch(/^ok {2}provider contoso/m);
  const leaks = secretsOf(world.environment).filter((secret) => stdout.includes(secret));
  expect(leaks).toEqual([]);
});

test('what is not set is not checked, and it says which setting is missing', async () => {
  const { stdout, exitCode } = await run({ MCP_PUBLIC_URL: 'http://127.0.0.1:1', PORTAL_PUBLIC_URL: '' });
  expect(exitCode).toBe(1);
  for (const said of [
    /^-- {2}portal: issuer +not checked: PORTAL_PUBLIC_URL is not set$/m,
    /^-- {2}state and queue +not checked: neither REDIS_URL nor STATE_DATABASE_URL is set$/m,
    /^-- {2}warehouse login +not checked: DATABASE_URL is not set$/m,
    /^-- {2}traces +not checked: OTEL_EXPORTER_OTLP_ENDPOINT is not set/m,
    /^NO {2}mcp: resource +http:\/\/127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)$/m,
  ]) {
    expect(stdout).toMatch(said);
  }
});

describe('from outside', () => {
  test.each<[check: string, found: RegExp, route: Route]>([
    [
      'portal: issuer',
      /another address than PORTAL_PUBLIC_URL/,
      () => says({ issuer: 'https://elsewhere.example', token_endpoint: 'x', jwks_uri: 'x' }),
    ],
    ['portal: issuer', /answers 404/, () => [404, {}]],
    ['portal: keys', /PRIVATE/, () => says({ keys: [{ kty: 'EC', d: 'x' }] })],
    ['portal: keys', /no key/, () => says({ keys: [] })],
    ['portal: ready', /not ready: state is down/, () => [503, {}, '{"ready":false,"reason":"state is down"}']],
    ['portal: foreign Host', /another host is answered/, () => says({})],
    ['portal: clock', /9\d s ahead of/, () => [200, { date: new Date(Date.now() + 95_000).toUTCString() }]],
  ])('%s: %s', async (check, found, route) => {
    await expectFault(check, { PORTAL_PUBLIC_URL: await impostor(route) }, found);
  });

  test.each<[check: string, found: RegExp, route: Route]>([
    ['mcp: resource', /another resource/, () => says({ resource: 'https://elsewhere.example/mcp' })],
    ['mcp: challenge', /without a token is answered/, () => says({})],
    ['mcp: challenge', /gets 401 without the address/, () => [401, { 'www-authenticate': 'Bearer' }]],
    ['mcp: challenge', /gets 302/, () => [302, { location: '/' }]],
    ['mcp: foreign Host', /another host is answered/, () => says({})],
    ['mcp: clock', /behind/, () => [200, { date: new Date(Date.now() - 95_000).toUTCString() }]],
    [
      'mcp: forwarded token',
      /is read at the public address \(401, 400\)/,
      ({ rawHeaders }) => [rawHeaders.filter((name) => name === 'x-forwarded-access-token').length > 1 ? 400 : 401, {}],
    ],
    ['mcp: forwarded token', /is read at the public address \(403, 403\)/, () => [403, {}]],
  ])('%s: %s', async (check, found, route) => {
    await expectFault(check, { MCP_PUBLIC_URL: await impostor(route) }, found);
  });

  test('the real listener of the platform’s proxy at the public address', async () => {
    const env = { MCP_PUBLIC_URL: `http://127.0.0.1:${place.ports.obo}` };
    await expectFault('mcp: forwarded token', env, /is read at the public address/);
  });

  test('a certificate of an authority that nobody knows', async () => {
    const env = { PORTAL_PUBLIC_URL: `https://127.0.0.1:${place.ports.partnerApi}` };
    await expectFault('portal: certificate', env, /certificate of .* is not good \(.*(CERT|SIGN|LEAF).*\)/);
  });

  test('a resource that names another authorization server', async () => {
    const env = settings({ PORTAL_PUBLIC_URL: 'http://127.0.0.1:1' });
    await expectFault('mcp: resource', env, /does not name PORTAL_PUBLIC_URL/);
  });

  test('a provider whose keys cannot be had', async () => {
    const file = join(place.folder.path, 'data', 'other-policy.yaml');
    const policy = readFileSync(world.environment['CAUSEWAY_POLICY'] ?? '', 'utf8');
    writeFileSync(file, policy.replaceAll(`:${place.ports.identityProviders}/`, `:${await freePort()}/`));
    await expectFault('provider northwind', { CAUSEWAY_POLICY: file }, /its keys cannot be had: .*ECONNREFUSED/);
  });
});

describe('from inside', () => {
  test('a Redis that forgets', async () => {
    const forgetful = ['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru'];
    const redis = await startTestRedis(forgetful);
    onTestFinished(() => redis.stop());
    const env = { REDIS_URL: redis.url };
    await expectFault('state and queue', env, /maxmemory-policy is not noeviction, appendonly is off/);
    await redis.admin.config('SET', 'requirepass', 'hunter2');
    await expectFault('state and queue', env, /Redis cannot be used/);
  });

  test('a Redis login with more rights than one service needs', async () => {
    const redis = await startTestRedis();
    onTestFinished(() => redis.stop());
    await expectFault(
      'Redis login',
      { REDIS_URL: redis.url },
      /reaches the portal’s .* mcp’s .*; may read the settings/,
    );
    for (const login of ['portal', 'mcp', 'audit-worker', 'operator'] as const) {
      expect(await find('Redis login', { REDIS_URL: redis.urlOf(login) })).toMatchObject({ status: 'ok' });
    }
    const away = { REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    expect(await find('Redis login', away)).toMatchObject({ status: 'not checked' });
  });

  test('a state that is away, or lets nobody in', async () => {
    const away = { REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    await expectFault('state and queue', away, /Redis cannot be used \(ECONNREFUSED\)/);
    const url = new URL(world.environment['STATE_DATABASE_URL'] ?? '');
    url.password = 'hunter2';
    await expectFault('state and queue', { STATE_DATABASE_URL: url.href }, /cannot be used \(28P01\)/);
  });

  test('a login that could pass by row security', async () => {
    const env = settings({ DATABASE_URL: world.environment['ADMIN_DATABASE_URL'] ?? '' });
    await expectFault('warehouse login', env, /is superuser/);
  });

  test('a warehouse that is away', async () => {
    const env = settings({ DATABASE_URL: `postgres://x:hunter2@127.0.0.1:${await freePort()}/x` });
    await expectFault('warehouse login', env, /^the database cannot be asked/);
    expect((await run(env)).stdout).not.toContain('hunter2');
  });

  test('an engine that enforces another policy', async () => {
    const file = join(place.folder.path, 'data', 'newer-policy.yaml');
    const policy = readFileSync(world.environment['CAUSEWAY_POLICY'] ?? '', 'utf8');
    writeFileSync(file, policy.replace("region = 'WEST'", "region = 'EAST'"));
    const env = settings({ CAUSEWAY_POLICY: file });
    await expectFault('policy in the warehouse', env, /enforces another policy/);
  });

  test('a worker that is away, unwell or behind', async () => {
    const worker = (url: string) => ({ AUDIT_WORKER_LISTEN: new URL(url).host });
    await expectFault('audit worker', { AUDIT_WORKER_LISTEN: `127.0.0.1:${await freePort()}` }, /cannot be reached/);
    const cause = '{"dependencies":{"queue":{"status":"down","cause":"no answer"}}}';
    const unwell = await impostor(() => [503, {}, cause]);
    await expectFault('audit worker', worker(unwell), /it is not well: queue: no answer/);
    const metrics = 'audit_oldest_unconfirmed_event_seconds 300\naudit_queue_batches{state="waiting"} 7\n';
    const behind = await impostor(({ url }) => [200, {}, url === '/metrics' ? metrics : '{"dependencies":{}}']);
    await expectFault('audit worker', worker(behind), /300 s behind; 7 batches wait/);
  });

  test('heads that are gone, or of another key', async () => {
    const file = join(place.folder.path, 'data', 'other-key.pem');
    writeFileSync(file, newSigningKey(), { mode: 0o600 });
    await expectFault('audit heads', settings({ AUDIT_SIGNING_KEY_FILE: file }), /none of the keys/);
    const env = settings({ AUDIT_HEADS_PATH: join(place.folder.path, 'nowhere.jsonl') });
    await expectFault('audit heads', env, /cannot be read \(ENOENT\)/);
  });

  test('a journal folder that is missing, or that others may write', async () => {
    const dir = join(place.folder.path, 'journal');
    await expectFault('journals', { JOURNAL_DIR: dir }, /cannot be written by this user \(ENOENT\)/);
    mkdirSync(dir);
    chmodSync(dir, 0o777);
    await expectFault('journals', { JOURNAL_DIR: dir }, /others may write/);
  });

  test('telemetry that does not arrive', async () => {
    const to = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    await expectFault('traces', to(`http://127.0.0.1:${await freePort()}`), /cannot be reached \(ECONNREFUSED\)/);
    await expectFault('metrics by OTLP', to(await impostor(() => [404, {}])), /answers 404/);
    const key = 'kestrel-7731';
    const guarded = await impostor(() => [401, {}]);
    const env = { ...to(guarded), OTEL_EXPORTER_OTLP_HEADERS: `authorization=${key}` };
    await expectFault('traces', env, /answers 401/);
    expect((await run(env)).stdout).not.toContain(key);
  });
});

test('a check that hangs is cut off, and the others are not', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const finding = await find('portal: ready', settings({ PORTAL_PUBLIC_URL: `http://127.0.0.1:${port}` }));
  expect(finding).toMatchObject({ status: 'wrong', found: 'no answer within 10 s' });
  expect(await find('journals', settings())).toMatchObject({ status: 'ok' });
});
