import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OtlpReceiver } from './otlp-receiver.ts';
import { OBSERVABILITY, Prometheus } from './prometheus.ts';
import { TelemetryWorld } from './telemetry-world.ts';

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const read = (file: string) => readFileSync(join(OBSERVABILITY, file), 'utf8');
const { panels } = JSON.parse(read('dashboard.json')) as { readonly panels: readonly Panel[] };
const QUERIES = panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => [title, expr] as const));
const ALERTS = [...read('alerts.yml').matchAll(/alert: (\w+)\n +expr: (.*)/g)].map(
  ([, name = '', expression = '']) => [name, expression] as const,
);

let receiver: OtlpReceiver;
let world: TelemetryWorld;
let prometheus: Prometheus;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  world = await TelemetryWorld.start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const { portal, mcp, auditWorker } = world.ports;
  prometheus = await Prometheus.start((config) =>
    config.replace(':8700', `:${portal}`).replace(':8701', `:${mcp}`).replace(':8702', `:${auditWorker}`),
  );
  const token = await world.tokenOf('ada@contoso.example');
  await world.call({
    token,
    tool: 'external_api_call',
    args: { connection: 'orders', method: 'GET', path: '/orders' },
  });
  await world.call({ token: 'none', tool: 'check_identity' });
  // A rate needs two scrapes, and what the panels show of the trail needs the worker.
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(250)) {
    const [scrapes] = await prometheus.query('min(count_over_time(up[1m]))');
    const [stored] = await prometheus.query('audit_events_stored_total > 0');
    if (Number(scrapes?.value[1]) >= 4 && stored !== undefined) return;
  }
  throw new Error('nothing was scraped');
}, 120_000);
afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
  await receiver?.close();
});

test('all three services are scraped', async () => {
  const up = await prometheus.query('up == 1');
  expect(up.map(({ metric }) => metric['job']).toSorted((one, other) => one!.localeCompare(other!))).toEqual([
    'audit-worker',
    'mcp',
    'portal',
  ]);
});

test.each(QUERIES)('the panel “%s” shows something: %s', async (_title, expression) => {
  const samples = await prometheus.query(expression);
  expect(samples.length).toBeGreaterThan(0);
});

describe('alerts', () => {
  test('are loaded, all of them', async () => {
    expect(ALERTS.length).toBeGreaterThan(0);
    expect(await prometheus.alertNames()).toEqual(ALERTS.map(([name]) => name));
  });

  test.each(ALERTS)('%s is quiet while all is well, and looks at what is there', async (_name, expression) => {
    expect(await prometheus.query(expression)).toEqual([]);
    for (const metric of metricsOf(expression)) expect(await prometheus.query(metric), metric).not.toEqual([]);
  });

  test('each goes off when it should', () => {
    const { status, stdout, stderr } = spawnSync(
      'promtool',
      ['test', 'rules', join(OBSERVABILITY, 'alerts.test.yml')],
      {
        encoding: 'utf8',
      },
    );
    expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 });
    const tried = [...read('alerts.test.yml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name);
    expect(tried).toEqual(ALERTS.map(([name]) => name));
  });

  test.each(ALERTS)('%s has a runbook', (name) => {
    const operations = readFileSync(join(OBSERVABILITY, '../../docs/operations.md'), 'utf8');
    expect(operations).toContain(`#### ${name}\n`);
  });
});

/** The names of metrics in an expression: whatever stands before a selector, a range or an operator and is no word of the language. */
function metricsOf(expression: string): string[] {
  const bare = expression.replaceAll(/\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)/g, ' ');
  const names = [...bare.matchAll(/[a-z_][a-z0-9_]*/g)].map(([name]) => name);
  return names.filter((name) => name === 'up' || name.includes('_')).filter((name) => name !== 'histogram_quantile');
}
