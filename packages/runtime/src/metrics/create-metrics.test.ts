import { expect, test } from 'vitest';
import { createMetrics } from './create-metrics.ts';

test('every histogram is present from the start', async () => {
  const metrics = createMetrics();
  metrics.declareRoutes(['POST /mcp']);
  const text = await metrics.registry.metrics();
  const names = [...text.matchAll(/^# TYPE (\S+) histogram$/gm)].map(([, name]) => name);
  expect(names).toContain('http_server_request_duration_seconds');
  for (const name of names) expect(text).toMatch(new RegExp(`^${name}_count.* 0$`, 'm'));
  expect(text).toContain('http_server_request_duration_seconds_count{method="POST",route="/mcp",status="2xx"} 0');
});

test('process and event-loop metrics are there', async () => {
  const text = await createMetrics().registry.metrics();
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  expect(text).toMatch(/^process_cpu_seconds_total /m);
  expect(text).toMatch(/^process_resident_memory_bytes /m);
});

test('buckets are fine below 10 ms', async () => {
  const text = await createMetrics().registry.metrics();
  const edges = [...text.matchAll(/http_server_request_duration_seconds_bucket\{le="([\d.]+)"/g)].map(([, le]) =>
    Number(le),
  );
  expect(edges.filter((edge) => edge < 0.01).length).toBeGreaterThanOrEqual(4);
});

test('no caller can make a new series: methods and statuses are of closed lists', async () => {
  const metrics = createMetrics();
  const seen = async () =>
    (await metrics.registry.metrics()).match(/http_server_request_duration_seconds_count/g)?.length;
  for (const method of ['PROPFIND', 'MKCOL', 'X'])
    metrics.observeHttp({ method, route: 'other', status: 404, seconds: 1 });
  for (const status of [400, 404, 421, 999]) metrics.observeHttp({ method: 'X', route: 'other', status, seconds: 1 });
  expect(await seen()).toBe(2);
});

test('a route that is declared again keeps what it has counted', async () => {
  const metrics = createMetrics();
  metrics.declareRoutes(['GET /livez']);
  metrics.observeHttp({ method: 'GET', route: '/livez', status: 200, seconds: 0.001 });
  metrics.declareRoutes(['GET /livez']);
  expect(await metrics.registry.metrics()).toContain('_count{method="GET",route="/livez",status="2xx"} 1');
});

test('two processes in one test do not share a registry', () => {
  expect(createMetrics().registry).not.toBe(createMetrics().registry);
});
