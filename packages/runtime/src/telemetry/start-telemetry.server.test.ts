import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Secret } from '@causeway/core';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../logging/create-logger.ts';
import { createMetrics } from '../metrics/create-metrics.ts';
import { readSettings } from '../settings/read-settings.ts';
import { publicUrl } from '../settings/url.ts';
import { startTelemetry } from './start-telemetry.ts';
import { telemetryVariables } from './telemetry-variables.ts';
import { withSpan } from './with-span.ts';

const VARIABLES = {
  ...telemetryVariables(),
  publicUrl: publicUrl('PUBLIC_URL', { description: '', localDefault: 'http://127.0.0.1:1' }),
};

async function collector(answer: RequestListener) {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function start(environment: Record<string, string>) {
  const lines: string[] = [];
  const logger = createLogger({ service: 'demo', level: 'info', destination: { write: (line) => lines.push(line) } });
  const metrics = createMetrics();
  const telemetry = await startTelemetry({
    service: 'demo',
    settings: readSettings(VARIABLES, environment),
    logger,
    metrics,
  });
  onTestFinished(() => telemetry.close());
  return { telemetry, metrics, lines };
}

const span = (name: string) => withSpan(name, {}, () => Promise.resolve());

test('what is left goes out when the process ends, with the collector’s headers', async () => {
  const { requests, url } = await collector((_request, response) => response.end());
  const { telemetry, metrics } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/base/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=all,x-other=1',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-key=Bearer%20traces',
  });
  await span('one');
  expect(requests).toEqual([]);
  await telemetry.close();
  const byUrl = new Map(requests.map((request) => [request.url, request.headers]));
  expect(byUrl.get('/base/v1/traces')).toMatchObject({
    'x-key': 'Bearer traces',
    'x-other': '1',
    'content-type': 'application/x-protobuf',
  });
  expect(byUrl.get('/base/v1/metrics')).toMatchObject({ 'x-key': 'all' });
  expect(await metrics.registry.metrics()).toContain('telemetry_spans_exported_total 1');
});

test('a full queue goes out whole when the process ends', async () => {
  const { url } = await collector((_request, response) => response.end());
  const { telemetry, metrics } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_METRICS_EXPORTER: 'none' });
  for (let count = 0; count < 8192; count += 1) await span('x');
  await telemetry.close();
  expect(await metrics.registry.metrics()).toContain('telemetry_spans_exported_total 8192');
});

test('a collector that never answers holds up neither work nor the end of the process', async () => {
  const { url } = await collector(() => undefined);
  const { telemetry } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: '10' });
  const began = performance.now();
  for (let count = 0; count < 100; count += 1) await span('x');
  expect(performance.now() - began).toBeLessThan(500);
  await telemetry.close();
  expect(performance.now() - began).toBeLessThan(2900);
});

test('a collector whose answer has no end is told like one that does not answer', async () => {
  const { url } = await collector((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    const dripping = setInterval(() => response.write('x'), 50);
    response.once('close', () => clearInterval(dripping));
  });
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_BSP_SCHEDULE_DELAY: '10',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const { metrics } = await start(environment);
  await span('x');
  const failures = async () =>
    /telemetry_export_failures_total\{signal="traces"\} (\d+)/.exec(await metrics.registry.metrics())?.[1];
  await expect.poll(failures, { timeout: 5000 }).toBe('1');
});

test('a collector that refuses is told once, without what it answered', async () => {
  const { url } = await collector((_request, response) => response.writeHead(403).end('hunter2'));
  const { telemetry, lines, metrics } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x=hunter2',
  });
  await span('x');
  await telemetry.close();
  const warnings = lines.map((line) => JSON.parse(line) as { level: string }).filter(({ level }) => level === 'warn');
  expect(warnings).toMatchObject([{ status: 403, silenced: 0 }]);
  expect(lines.join('')).not.toContain('hunter2');
  expect(await metrics.registry.metrics()).toMatch(/telemetry_export_failures_total\{signal="traces"\} 1/);
});

test('the queue is bounded: what does not fit is dropped', async () => {
  const held: ServerResponse[] = [];
  let isOpen = false;
  const { url } = await collector((_request, response) => {
    if (isOpen) response.end();
    else held.push(response);
  });
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_MAX_QUEUE_SIZE: '64',
    OTEL_METRICS_EXPORTER: 'none',
  };
  const { telemetry, metrics } = await start(environment);
  for (let count = 0; count < 5000; count += 1) {
    await span('x');
    if (count % 100 === 0) await setImmediate();
  }
  isOpen = true;
  for (const response of held) response.end();
  await telemetry.close();
  const text = await metrics.registry.metrics();
  expect(text).toContain('telemetry_spans_ended_total 5000');
  const exported = Number(/telemetry_spans_exported_total (\d+)/.exec(text)?.[1]);
  // One batch under way, and one that waits.
  expect({ exported, isBounded: exported >= 64 && exported <= 128 }).toMatchObject({ isBounded: true });
});

test.each([
  ['no endpoint', {}],
  ['OTEL_SDK_DISABLED', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }],
  [
    'both exporters none',
    { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  ],
])('with %s no SDK is registered', (_, environment) => {
  const place = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
  const script = `
    import { readSettings } from ${place('../settings/read-settings.ts')};
    import { publicUrl } from ${place('../settings/url.ts')};
    import { startTelemetry } from ${place('start-telemetry.ts')};
    import { telemetryVariables } from ${place('telemetry-variables.ts')};
    const settings = readSettings({ ...telemetryVariables(), publicUrl: publicUrl('PUBLIC_URL', { description: '', localDefault: 'http://127.0.0.1:1' }) }, process.env);
    await startTelemetry({ service: 'x', settings, logger: {}, metrics: {} });
    console.log(Object.keys(globalThis[Symbol.for('opentelemetry.js.api.1')] ?? {}).join());`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: environment,
  });
  expect({ status, registered: stdout.trim() }).toEqual({ status: 0, registered: '' });
});

test('a Secret is what the headers are', () => {
  expect(readSettings(VARIABLES, { OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }).otlpHeaders).toBeInstanceOf(Secret);
});
