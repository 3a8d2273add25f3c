import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { sayRaw } from '../http/testing/raw-http.ts';
import { bodyOf, statusOf } from '../http/testing/start-app.ts';
import { createLogger } from '../logging/create-logger.ts';
import { createMetrics } from '../metrics/create-metrics.ts';
import { openFront } from './open-front.ts';
import { serve } from './serve.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const address = (variable: string) => ({ variable, host: '127.0.0.1', port: 0 });

async function start(adminListen?: ReturnType<typeof address>) {
  const exited = Promise.withResolvers<number>();
  const listeners: ((signal: string) => void)[] = [];
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const app = { listen: address('DEMO_LISTEN'), publicUrls: ['http://gateway.test'] as const };
  const shared = {
    service: 'demo',
    settings: { adminListen, trustedProxies: { contains: () => false } },
    logger: createLogger({ service: 'demo', level: 'info', destination }),
    metrics: createMetrics(),
    host: {
      on: (_signal: string, listener: (signal: string) => void) => listeners.push(listener),
      exit: () => undefined,
      end: exited.resolve,
    },
  };
  const front = await openFront({ ...shared, apps: [app], pauseMs: 1 });
  const terminate = () => {
    for (const listener of listeners) listener('SIGTERM');
    return exited.promise;
  };
  stops.push(terminate);
  const get = (path: string, host = 'gateway.test') =>
    sayRaw(front.ports[0] ?? 0, `GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close');
  return { front, shared, app, lines, get, terminate };
}

/** A database that is not there until it is told to be. */
function lateDatabase() {
  const state = { isThere: false, attempts: 0 };
  const attempted = Promise.withResolvers<void>();
  const open = () => {
    state.attempts += 1;
    if (state.attempts === 3) attempted.resolve();
    if (state.isThere) return Promise.resolve('opened');
    return Promise.reject(Object.assign(new Error('connect ECONNREFUSED hunter2'), { code: 'ECONNREFUSED' }));
  };
  return { state, open, attempted: attempted.promise };
}

test('says what it waits for, serves nothing, and goes on once it is there', async () => {
  const { front, shared, app, lines, get } = await start();
  expect(bodyOf(await get('/readyz'))).toEqual({ ready: false, reason: 'starting' });
  const { state, open, attempted } = lateDatabase();
  const opening = front.waitFor('database', open);
  await attempted;
  expect(statusOf(await get('/livez'))).toBe(200);
  const readiness = await get('/readyz');
  expect([statusOf(readiness), bodyOf(readiness)]).toEqual([503, { ready: false, reason: 'waiting for database' }]);
  const health = await get('/health');
  expect(statusOf(health)).toBe(503);
  expect(bodyOf(health)).toMatchObject({
    status: 'down',
    dependencies: { database: { status: 'down', required: true, cause: 'waited for since the start' } },
  });
  const early = await get('/anything');
  expect(statusOf(early)).toBe(503);
  expect(early).toContain('Retry-After: 1');
  expect(statusOf(await get('/readyz', 'evil.example'))).toBe(421);
  state.isThere = true;
  expect(await opening).toBe('opened');
  const said = lines.filter(({ for: what }) => what === 'database').map(({ level, msg }) => [level, msg]);
  expect(said).toEqual([
    ['warn', 'waiting'],
    ['info', 'no longer waiting'],
  ]);
  expect(JSON.stringify(lines)).not.toContain('hunter2');

  const { ports } = await serve({
    ...shared,
    front,
    checks: [],
    apps: [{ ...app, routes: [], mount: () => undefined }],
    closers: [],
  });
  expect(ports).toEqual(front.ports);
  expect(bodyOf(await get('/readyz'))).toEqual({ ready: true });
});

test('the details are on the admin port alone when there is one', async () => {
  const { front, get } = await start(address('ADMIN_LISTEN'));
  const { open, attempted } = lateDatabase();
  void front.waitFor('database', open);
  await attempted;
  expect(bodyOf(await get('/readyz'))).toEqual({ ready: false });
  expect(bodyOf(await get('/health'))).toEqual({ status: 'down' });
});

test.each([
  ['comes', (database: PromiseWithResolvers<string>) => database.resolve('opened')],
  ['does not', (database: PromiseWithResolvers<string>) => database.reject(new Error('wrong'))],
])('told to end while it waits, nothing more begins, whether what it waits for %s', async (_, settle) => {
  const { front, terminate } = await start();
  const database = Promise.withResolvers<string>();
  let begun = false;
  const begin = () => (begun = true);
  front.waitFor('database', () => database.promise).then(begin, begin);
  expect(await terminate()).toBe(0);
  settle(database);
  await setImmediate();
  expect(begun).toBe(false);
});

test('what waiting cannot mend is thrown at once', async () => {
  const { front } = await start();
  const wrong = Object.assign(new Error('password authentication failed'), { code: '28P01' });
  await expect(front.waitFor('database', () => Promise.reject(wrong))).rejects.toBe(wrong);
});

test('SIGTERM while it waits ends it with 0', async () => {
  const { front, terminate } = await start();
  const { open, attempted } = lateDatabase();
  void front.waitFor('database', open);
  await attempted;
  expect(await terminate()).toBe(0);
});
