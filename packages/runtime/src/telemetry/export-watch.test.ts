import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createExportWatch } from './export-watch.ts';

function watching() {
  const registry = new Registry();
  const lines: unknown[] = [];
  const clock = { now: 0 };
  const watch = createExportWatch({
    registry,
    logger: { warn: (_text, fields) => lines.push(fields) },
    now: () => clock.now,
  });
  return { watch, lines, clock, text: () => registry.metrics() };
}

test('a collector that is down is one line a minute, and every failure is counted', async () => {
  const { watch, lines, clock, text } = watching();
  for (const at of [0, 1, 59_999, 60_000]) {
    clock.now = at;
    watch.failed('traces', Object.assign(new Error('x'), { code: 503 }));
  }
  expect(lines).toMatchObject([{ signal: 'traces', status: 503, silenced: 0 }, { silenced: 2 }]);
  expect(await text()).toContain('telemetry_export_failures_total{signal="traces"} 4');
});

test('what ended and what was taken can be compared, from the start', async () => {
  const { watch, text } = watching();
  expect(await text()).toContain('telemetry_spans_exported_total 0');
  watch.ended();
  watch.ended();
  watch.exported('traces', 1);
  watch.exported('metrics', 1);
  expect(await text()).toContain('telemetry_spans_ended_total 2');
  expect(await text()).toContain('telemetry_spans_exported_total 1');
});
