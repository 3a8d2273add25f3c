import { expect, test, vi } from 'vitest';
import { type Report, reportSparingly } from './report-sparingly.ts';

test('the same error is passed on once in ten seconds, another one at once', () => {
  let now = 0;
  const report = vi.fn<Report>();
  const sparing = reportSparingly(report, () => now);
  const refused = () => Object.assign(new Error('connect 127.0.0.1:6379'), { code: 'ECONNREFUSED' });
  for (; now < 9999; now += 100) sparing(refused());
  expect(report).toHaveBeenCalledTimes(1);
  sparing(new Error('something else'));
  sparing('text');
  expect(report).toHaveBeenCalledTimes(3);
  now = 10_000;
  sparing(refused());
  expect(report).toHaveBeenCalledTimes(4);
});

test('errors that are all different do not grow without end, and are passed on', () => {
  const report = vi.fn<Report>();
  const sparing = reportSparingly(report, () => 0);
  for (let at = 0; at < 500; at++) sparing(new Error(`number ${at}`));
  expect(report).toHaveBeenCalledTimes(500);
});
