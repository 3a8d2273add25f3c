import { AppError } from '@causeway/core';
import { afterEach, expect, test } from 'vitest';
import { listen } from './listen.ts';
import { startApp as start, type StartedApp, type StartOptions, statusOf } from './testing/start-app.ts';

const running: StartedApp[] = [];
async function startApp(options?: StartOptions): Promise<StartedApp> {
  const app = await start(options);
  running.push(app);
  return app;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.stop()));
});

/** A route that answers when it is told to. */
function held() {
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const options: StartOptions = {
    routes: ['GET /held'],
    mount: (app) => {
      app.get('/held', async (_request, response) => {
        reached.resolve();
        await release.promise;
        response.end('done');
      });
    },
  };
  return { options, reached: reached.promise, release: release.resolve };
}

const never = new AbortController().signal;
const GET_HELD = 'GET /held HTTP/1.1\r\nHost: gateway.test\r\n\r\n';
const GET_LIVEZ = 'GET /livez HTTP/1.1\r\nHost: gateway.test\r\n\r\n';

test.each([
  ['127.0.0.1', /^DEMO_LISTEN: port \d+ on 127\.0\.0\.1 is taken by another process$/],
  ['203.0.113.1', /^DEMO_LISTEN: port \d+ on 203\.0\.113\.1 is not an address of this machine$/],
])('an address that cannot be listened on is a settings problem that names the variable: %s', async (host, message) => {
  const { port } = await startApp();
  const failure = await listen(() => undefined, { variable: 'DEMO_LISTEN', host, port }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(AppError);
  expect(failure).toMatchObject({ code: 'config_invalid', message: expect.stringMatching(message) as string });
});

test('draining: no new connections, the running request finishes, its connection is closed', async () => {
  const { options, reached, release } = held();
  const app = await startApp(options);
  const connection = app.open();
  connection.socket.write(GET_HELD);
  await reached;
  const drained = app.listener.drain(never);
  await expect(app.get('/livez')).resolves.toBe('');
  release();
  expect(await drained).toBe(0);
  const answer = await connection.closed;
  expect(answer).toMatch(/^HTTP\/1\.1 200/);
  expect(answer).toMatch(/connection: close/i);
  expect(answer).toMatch(/done/);
});

test('discouraged: new connections are still served, and each answer ends its connection', async () => {
  const app = await startApp();
  app.listener.discourage();
  const connection = app.open();
  connection.socket.write(GET_LIVEZ);
  expect(await connection.closed).toMatch(/connection: close[^]*"ok"/i);
});

test('draining closes idle keep-alive connections and silent ones at once', async () => {
  const app = await startApp();
  const [idle, silent, slow] = [app.open(), app.open(), app.open()];
  idle.socket.write(GET_LIVEZ);
  slow.socket.write('GET /livez HTTP/1.1\r\nHost: gate');
  await idle.hears(/"ok"/);
  expect(await app.listener.drain(never)).toBe(0);
  await Promise.all([idle.closed, silent.closed, slow.closed]);
});

test('a request on a kept connection during draining is served with Connection: close', async () => {
  const { options, reached, release } = held();
  const app = await startApp(options);
  const [busy, kept] = [app.open(), app.open()];
  busy.socket.write(GET_HELD);
  // Half a request is not idle, so this connection outlives the start of draining.
  kept.socket.write(GET_LIVEZ.slice(0, 20));
  await reached;
  const drained = app.listener.drain(never);
  kept.socket.write(GET_LIVEZ.slice(20));
  expect(await kept.closed).toMatch(/connection: close[^]*"ok"/i);
  release();
  await drained;
});

test('the deadline cuts off what is still running, and says how many', async () => {
  const { options, reached } = held();
  const app = await startApp(options);
  const connection = app.open();
  connection.socket.write(GET_HELD);
  await reached;
  expect(await app.listener.drain(AbortSignal.abort())).toBe(1);
  expect(await connection.closed).toBe('');
});

const impatient = { headersTimeoutMs: 60, requestTimeoutMs: 80, keepAliveTimeoutMs: 30, checkIntervalMs: 10 };

test('a client that dribbles its headers is cut off', async () => {
  const app = await startApp({ limits: { ...impatient, requestTimeoutMs: 30_000 } });
  const connection = app.open();
  connection.socket.write('GET /livez HTTP/1.1\r\nHost: gateway.test\r\nX-Slow: ');
  expect(statusOf(await connection.closed)).toBe(408);
});

test('a client that dribbles its body is cut off', async () => {
  const app = await startApp({
    limits: impatient,
    mount: (served) => {
      served.post('/slow', (request) => void request.resume());
    },
  });
  const connection = app.open();
  connection.socket.write('POST /slow HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 9\r\n\r\nx');
  expect(await connection.closed).toMatch(/^(HTTP\/1\.1 408|$)/);
});

test('a client that connects and says nothing is cut off', async () => {
  const app = await startApp({ limits: impatient });
  expect(await app.open().closed).toMatch(/^(HTTP\/1\.1 408|$)/);
});

test('connections beyond the maximum are dropped', async () => {
  const app = await startApp({ limits: { connectionsMax: 1 } });
  const first = app.open();
  first.socket.write(GET_LIVEZ);
  await first.hears(/"ok"/);
  expect(await app.get('/livez')).toBe('');
});

test('a connection on which nothing moves is closed, even while a request is running', async () => {
  const { options } = held();
  const app = await startApp({ ...options, limits: { silenceTimeoutMs: 30 } });
  const connection = app.open();
  connection.socket.write(GET_HELD);
  expect(await connection.closed).toBe('');
});
