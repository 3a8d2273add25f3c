import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { callBody, callHeaders } from '@causeway/test-e2e/mcp-world';
import { requirement } from '@causeway/test-e2e/requirement';
import { freePort } from '@causeway/runtime/testing/free-ports';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Answer, LifecycleWorld, type Replica } from './lifecycle-world.ts';
import { until } from './until.ts';

// One installation from the first process to the last, whose services were there before anything else.
let world: LifecycleWorld;
let services: Readonly<Record<'portal' | 'mcp' | 'worker', Replica>>;

beforeAll(async () => {
  world = await LifecycleWorld.create();
  const { ports } = world.place;
  services = {
    mcp: world.start('mcp', { port: ports.mcp }),
    portal: world.start('portal', { port: ports.portal }),
    worker: world.start('audit-worker', { port: ports.auditWorker }),
  };
}, 120_000);
afterAll(() => world?.[Symbol.asyncDispose]());

const all = () => Object.values(services);
const everyone = (path: string): Promise<Answer[]> => Promise.all(all().map((service) => service.get(path)));
const reasonOf = ({ status, body }: Answer) => (status === 503 ? body['reason'] : status);

interface Dependency {
  readonly status: string;
  readonly required: boolean;
  readonly cause?: string;
  readonly checked_at: string;
  readonly latency_ms: number;
}

async function dependenciesOf(service: Replica) {
  const { status, body } = await service.get('/health');
  return { code: status, status: body['status'], of: body['dependencies'] as Readonly<Record<string, Dependency>> };
}

requirement(
  ['livez', 'readyz-starting'],
  'services that start before everything else wait for it, say for what, and go on when it comes',
  async () => {
    const waits = [/^waiting for revocations$/, /^waiting for state$/, /^(warehouse|queue) is down$/];
    const { mcp, portal, worker } = services;
    for (const [at, service] of [mcp, portal, worker].entries()) {
      await until(
        `${service.url} waits`,
        async () => waits[at]?.test(String(reasonOf(await service.get('/readyz')))) === true,
      );
    }
    expect((await everyone('/livez')).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await everyone('/health')).map(({ status, body }) => [status, body['status']])).toEqual(
      all().map(() => [503, 'down']),
    );
    expect((await portal.get('/.well-known/oauth-authorization-server')).status).toBe(503);
    for (const [service, what] of [
      [mcp, 'revocations'],
      [portal, 'state'],
    ] as const) {
      const said = () => service.log().filter((line) => line['msg'] === 'waiting' && line['for'] === what);
      await until(`${what} is in the log`, () => Promise.resolve(said().length > 0));
    }
    await world.startBase();
    await Promise.all(all().map((service) => service.ready()));
    expect(all().every((service) => service.isRunning())).toBe(true);
    const answer = await world.world.call(await world.world.proofOf('ada@contoso.example'), 'query_sales_data', {
      limit: 1,
    });
    expect(answer).toMatchObject({ status: 200, code: undefined });
  },
);

requirement('readyz-starting', 'what no waiting can mend ends the start, and says so', async () => {
  const url = new URL(world.environment.STATE_DATABASE_URL);
  url.password = 'hunter2';
  const portal = world.start('portal', {
    as: 'portal-without-login',
    port: await freePort(),
    env: { STATE_DATABASE_URL: url.href, JOURNAL_DIR: `${world.dataDir}/journal-of-nobody` },
  });
  expect(await portal.ended).toBe(1);
  const said = JSON.stringify(portal.log());
  expect(said).toContain('28P01');
  expect(said).not.toContain('hunter2');
});

requirement(
  'health-dependencies',
  '/health of each service names every dependency, with status, latency and age',
  async () => {
    // Keys of a provider are fetched with its first token, and a provider was asked by now.
    const bodies = () =>
      Promise.all(
        [services.mcp, services.portal, services.worker].map(async (service) => (await service.get('/health')).body),
      );
    await until('all three are well', async () => (await bodies()).every((body) => body['status'] === 'ok'));
    const [mcp, portal, worker] = await bodies();
    const namesOf = (body: typeof mcp) => Object.keys(body?.['dependencies'] ?? {});
    const audit = ['audit_journal', 'audit_queue', 'audit_queue_setup'];
    expect(namesOf(mcp)).toEqual([
      'platform',
      'policy',
      'portal_keys',
      'workspace_keys',
      'revocations',
      'call_limits',
      'clock',
      ...audit,
    ]);
    expect(namesOf(portal)).toEqual([
      'state',
      'revocations',
      'signing_keys',
      'policy',
      'identity_providers',
      'clock',
      ...audit,
    ]);
    expect(namesOf(worker)).toEqual(['warehouse', 'queue', 'queue setup', 'heads file', 'trail']);
    for (const body of [mcp, portal, worker]) {
      expect(body?.['status']).toBe('ok');
      for (const dependency of Object.values(body?.['dependencies'] as Readonly<Record<string, Dependency>>)) {
        expect(dependency).toEqual({
          status: 'ok',
          required: expect.any(Boolean),
          latency_ms: expect.any(Number),
          checked_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        });
      }
    }
  },
);

requirement('health-cheap', 'a thousand looks at /health are a handful of looks at the dependencies', async () => {
  const seen = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const looks = await Promise.all(Array.from({ length: 50 }, () => dependenciesOf(services.mcp)));
    for (const { of } of looks) seen.add(of['platform']?.checked_at ?? 'missing');
  }
  expect(seen.size).toBeLessThan(10);
  expect(seen).not.toContain('missing');
});

requirement('metrics-histograms', 'every histogram has its series from the start', async () => {
  for (const { text } of await everyone('/metrics')) {
    const histograms = [...text.matchAll(/^# TYPE (\w+) histogram$/gm)].map(([, name]) => name);
    expect(histograms).toContain('http_server_request_duration_seconds');
    for (const name of histograms) expect(text, name).toMatch(new RegExp(`^${name}_count(?:\\{.*\\})? \\d`, 'm'));
  }
});

requirement('log-one-line', 'a request is one JSON line: ids, caller, tool, outcome, duration', async () => {
  const { headers, url } = await world.world.proofOf('wanda@northwind.example');
  const requestId = randomBytes(12).toString('hex');
  await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...callHeaders('tools/call', 'query_audit_log'), 'x-request-id': requestId },
    body: callBody('tools/call', { name: 'query_audit_log', arguments: {} }),
  });
  const lines = () => services.mcp.log().filter((line) => line['request_id'] === requestId);
  await until('the line is there', () => Promise.resolve(lines().length > 0));
  expect(lines()).toEqual([
    expect.objectContaining({
      level: 'info',
      service: 'mcp',
      caller: expect.objectContaining({
        pattern: 'federation',
        human: expect.objectContaining({ email: 'wanda@northwind.example' }),
        principal: expect.objectContaining({ role: 'west_sales' }),
      }),
      tool: 'query_audit_log',
      outcome: 'access_denied',
      error_code: 'access_denied',
      duration_ms: expect.any(Number),
    }),
  ]);
});

requirement(
  ['health-overall', 'health-no-secrets'],
  'degraded is 200, down is 503, and neither tells a secret',
  async () => {
    const { CAUSEWAY_POLICY: file } = world.environment;
    const policy = readFileSync(file, 'utf8');
    writeFileSync(file, `${policy}\nnonsense: [hunter2`);
    for (const service of [services.mcp, services.portal]) {
      await until(
        'the edit is refused',
        async () => (await dependenciesOf(service)).of['policy']?.status === 'degraded',
      );
      expect(await dependenciesOf(service)).toMatchObject({ code: 200, status: 'degraded' });
    }
    const texts = (await everyone('/health')).map(({ text }) => text).join('\n');
    for (const secret of secrets()) expect(texts).not.toContain(secret);
    writeFileSync(file, policy);
    for (const service of [services.mcp, services.portal]) {
      await until('the policy is good again', async () => (await dependenciesOf(service)).status === 'ok');
    }
  },
);

/** Passwords of every address and keys of every file that the services were given. */
function secrets(): string[] {
  const values = Object.entries(world.environment).flatMap(([name, value]) => {
    if (name.endsWith('_URL') && value.includes('@')) return [new URL(value).password];
    return name.endsWith('_KEY_FILE') ? [readFileSync(value, 'utf8').trim()] : [];
  });
  if (values.length < 6) throw new Error('where are the secrets?');
  return [...values, 'hunter2'];
}

/** Lets nobody into a database, and ends those who are in. Returns how to open it again. */
async function shut(url: string): Promise<() => Promise<unknown>> {
  const database = new URL(url).pathname.slice(1);
  const allow = (yes: boolean) =>
    world.administer(`ALTER DATABASE "${database}" WITH ALLOW_CONNECTIONS ${String(yes)}`, 'postgres');
  await allow(false);
  await world.administer(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
    'postgres',
  );
  return () => allow(true);
}

requirement(
  'readyz-dependency',
  'without its database a service takes no traffic; who needs it not goes on',
  async () => {
    const open = await shut(world.environment.DATABASE_URL);
    await until('mcp is not ready', async () => reasonOf(await services.mcp.get('/readyz')) === 'platform is down');
    await until(
      'the worker is not ready',
      async () => reasonOf(await services.worker.get('/readyz')) === 'warehouse is down',
    );
    expect(await dependenciesOf(services.mcp)).toMatchObject({
      code: 503,
      status: 'down',
      of: {
        platform: { status: 'down', required: true, cause: expect.stringContaining('the database cannot be asked') },
      },
    });
    expect((await services.portal.get('/readyz')).status).toBe(200);
    await open();
    await Promise.all(all().map((service) => service.ready()));
  },
);

requirement(
  ['readyz-revocations-stale', 'revocations-stale-refused'],
  'who has not heard of revocations for 30 seconds takes no traffic and answers nobody until it has again',
  async () => {
    const people = ['wanda@northwind.example', 'olivia@causeway.example'];
    const outcomes = () => Promise.all(people.map(identityOf));
    expect(await outcomes()).toEqual([200, 200]);
    const open = await shut(world.environment.STATE_DATABASE_URL);
    await until('mcp is not ready', async () => reasonOf(await services.mcp.get('/readyz')) === 'revocations is down');
    expect((await dependenciesOf(services.mcp)).of['revocations']).toMatchObject({ status: 'down', required: true });
    expect(await outcomes()).toEqual(['503 upstream_unavailable', '503 upstream_unavailable']);
    await open();
    await Promise.all(all().map((service) => service.ready()));
    expect(await outcomes()).toEqual([200, 200]);
  },
);

/** What the service says to this person who asks who they are, straight to it. */
async function identityOf(email: string): Promise<number | string> {
  const { headers, url } = await world.world.proofOf(email);
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, ...callHeaders('tools/call', 'check_identity') },
    body: callBody('tools/call', { name: 'check_identity', arguments: {} }),
  });
  const text = await response.text();
  if (response.status === 200) return text.includes('"isError":true') ? text : 200;
  const { error } = JSON.parse(text) as { error: { code: string } };
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  return `${response.status} ${error.code}`;
}
