import { afterEach, expect, test } from 'vitest';
import { openRaw, sayRaw } from '../http/testing/raw-http.ts';
import { bodyOf, statusOf } from '../http/testing/start-app.ts';
import { createLogger } from '../logging/create-logger.ts';
import { createMetrics } from '../metrics/create-metrics.ts';
import { serve, type ServeOptions } from './serve.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const listen = { variable: 'DEMO_LISTEN', host: '127.0.0.1', port: 0 };

async function start(options: Partial<ServeOptions> = {}) {
  const exited = Promise.withResolvers<number>();
  const signals: Record<string, (signal: string) => void> = {};
  const served = await serve({
    service: 'demo',
    settings: { adminListen: { ...listen, variable: 'ADMIN_LISTEN' }, trustedProxies: { contains: () => false } },
    logger: createLogger({ service: 'demo', level: 'info', destination: { write: () => undefined } }),
    metrics: createMetrics(),
    checks: [{ name: 'database', required: true, run: () => Promise.resolve() }],
    apps: [{ listen, publicUrls: ['http://gateway.test'], routes: [], mount: () => undefined }],
    closers: [],
    host: { on: (signal, listener) => (signals[signal] = listener), exit: () => undefined, end: exited.resolve },
    ...options,
  });
  const stop = () => {
    signals['SIGTERM']?.('SIGTERM');
    return exited.promise;
  };
  stops.push(stop);
  const get = (port: number | undefined, path: string, host: string) =>
    sayRaw(port ?? 0, `GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close');
  return { ...served, main: served.ports[0], get, stop };
}

test('details and metrics are on the admin port, by address; the main port has neither', async () => {
  const { main, adminPort, get } = await start();
  expect(bodyOf(await get(adminPort, '/health', '127.0.0.1:9000'))).toMatchObject({ dependencies: { database: {} } });
  expect(await get(adminPort, '/metrics', `10.0.0.7:${adminPort}`)).toContain('process_cpu_seconds_total');
  expect(statusOf(await get(adminPort, '/readyz', 'localhost'))).toBe(200);
  expect(bodyOf(await get(main, '/health', 'gateway.test'))).toEqual({ status: 'ok' });
  expect(statusOf(await get(main, '/metrics', 'gateway.test'))).toBe(404);
});

test('the admin port refuses names, against DNS rebinding', async () => {
  const { adminPort, get } = await start();
  expect(statusOf(await get(adminPort, '/metrics', 'evil.example'))).toBe(421);
});

test('each app has its own port and hosts', async () => {
  const app = { listen, routes: [], mount: () => undefined };
  const { ports, get } = await start({
    apps: [
      { ...app, publicUrls: ['http://one.test'] },
      { ...app, publicUrls: ['http://two.test'] },
    ],
  });
  expect(statusOf(await get(ports[0], '/livez', 'one.test'))).toBe(200);
  expect(statusOf(await get(ports[0], '/livez', 'two.test'))).toBe(421);
  expect(statusOf(await get(ports[1], '/livez', 'two.test'))).toBe(200);
});

test('SIGTERM: the running request is answered, then everything is closed, then exit 0', async () => {
  const order: string[] = [];
  const reached = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const { main, stop } = await start({
    apps: [
      {
        listen,
        publicUrls: ['http://gateway.test'],
        routes: ['GET /held'],
        mount: (app) => {
          app.get('/held', async (_request, response) => {
            reached.resolve();
            await release.promise;
            order.push('answered');
            response.end('done');
          });
        },
      },
    ],
    closers: [
      ['database', () => void order.push('database')],
      ['queue', () => void order.push('queue')],
    ],
  });
  const connection = openRaw(main ?? 0);
  connection.socket.write('GET /held HTTP/1.1\r\nHost: gateway.test\r\n\r\n');
  await reached.promise;
  const exited = stop();
  release.resolve();
  expect(await exited).toBe(0);
  expect(await connection.closed).toContain('done');
  expect(order).toEqual(['answered', 'queue', 'database']);
});
