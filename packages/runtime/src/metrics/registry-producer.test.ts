import { DataPointType } from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createRegistryProducer } from './registry-producer.ts';

async function produced(fill: (registry: Registry) => void) {
  const registry = new Registry();
  let now = 1500;
  const producer = createRegistryProducer(registry, () => now);
  fill(registry);
  now = 62_250;
  const { resourceMetrics } = await producer.collect();
  return resourceMetrics.scopeMetrics[0]?.metrics ?? [];
}

test('a counter is a growing sum since the start of the process', async () => {
  const [metric] = await produced((registry) => {
    const calls = new Counter({ name: 'calls_total', help: 'Calls.', labelNames: ['tool'], registers: [registry] });
    calls.inc({ tool: 'a' }, 3);
  });
  expect(metric).toMatchObject({
    descriptor: { name: 'calls_total', description: 'Calls.' },
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: [{ attributes: { tool: 'a' }, value: 3, startTime: [1, 500_000_000], endTime: [62, 250_000_000] }],
  });
});

test('a gauge is a gauge', async () => {
  const [metric] = await produced((registry) => new Gauge({ name: 'depth', help: 'x', registers: [registry] }).set(-2));
  expect(metric).toMatchObject({ dataPointType: DataPointType.GAUGE, dataPoints: [{ attributes: {}, value: -2 }] });
});

test('each bucket of a histogram counts for itself, for each set of labels', async () => {
  const [metric] = await produced((registry) => {
    const seconds = new Histogram({
      name: 's',
      help: 'x',
      buckets: [1, 5],
      labelNames: ['tool'],
      registers: [registry],
    });
    for (const value of [0.5, 0.6, 3, 70]) seconds.observe({ tool: 'a' }, value);
    seconds.observe({ tool: 'b' }, 1);
  });
  expect(metric).toMatchObject({
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [
      { attributes: { tool: 'a' }, value: { buckets: { boundaries: [1, 5], counts: [2, 1, 1] }, sum: 74.1, count: 4 } },
      { attributes: { tool: 'b' }, value: { buckets: { boundaries: [1, 5], counts: [1, 0, 0] }, sum: 1, count: 1 } },
    ],
  });
});

test('what the conventions know has their name, unit and attributes', async () => {
  const [metric] = await produced((registry) => {
    const name = 'mcp_server_operation_duration_seconds';
    new Histogram({ name, help: 'x', labelNames: ['tool', 'outcome'], registers: [registry] }).zero({
      tool: 'a',
      outcome: 'success',
    });
  });
  expect(metric?.descriptor).toMatchObject({ name: 'mcp.server.operation.duration', unit: 's' });
  expect(metric?.dataPoints[0]?.attributes).toEqual({
    'mcp.method.name': 'tools/call',
    'gen_ai.tool.name': 'a',
    outcome: 'success',
  });
});
