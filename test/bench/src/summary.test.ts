import { expect, test } from 'vitest';
import type { Target } from './bench-case.ts';
import type { Round } from './run-case.ts';
import { summarize } from './summary.ts';

const target = (name: string, floor?: true): Target => ({
  name,
  kind: 'driver',
  module: new URL('file:///x'),
  ...(floor && { floor }),
});
const round = (calls: number, changes: Partial<Round> = {}): Round => ({
  calls,
  seconds: 2,
  p50: 1,
  p99: 3,
  cpuMsPerCall: 0.5,
  rssMb: 100,
  generatorCores: 0.2,
  ...changes,
});

test('a target is compared with each floor within the same round', () => {
  const results = [
    // The machine was twice as fast in the second round, for both: the ratio is the same in both.
    { target: target('bare', true), rounds: [round(1000), round(2000)] },
    { target: target('ours'), rounds: [round(500, { cpuMsPerCall: 1 }), round(1000, { cpuMsPerCall: 1 })] },
  ];
  const [bare, ours] = summarize(results);
  expect(bare?.ofFloor).toEqual({ bare: { callsPerSecond: 1, cpuMsPerCall: 1 } });
  expect(ours?.ofFloor).toEqual({ bare: { callsPerSecond: 0.5, cpuMsPerCall: 2 } });
  expect(ours?.callsPerSecond).toEqual({ median: 375, min: 250, max: 500 });
});

test('a generator that was as busy as the server is said', () => {
  const [busy] = summarize([{ target: target('a'), rounds: [round(1, { generatorCores: 0.99 })] }]);
  const [idle] = summarize([{ target: target('a'), rounds: [round(1)] }]);
  expect([busy?.generatorWasTheLimit, idle?.generatorWasTheLimit]).toEqual([true, false]);
});
