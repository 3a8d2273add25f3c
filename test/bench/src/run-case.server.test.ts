import { expect, test } from 'vitest';
import type { BenchCase } from './bench-case.ts';
import { runCase } from './run-case.ts';
import { summarize } from './summary.ts';
import { table } from './table.ts';
import { benchCase } from './testing/cases.ts';

const module = new URL('testing/cases.ts', import.meta.url);
const brief = { rounds: 2, seconds: 0.2, warmUpSeconds: 0.05 };

function withWord(word: string, stop = () => Promise.resolve()): BenchCase {
  return { ...benchCase, prepare: () => Promise.resolve({ settings: { word }, stop }) };
}

test('measures servers and drivers in rounds, and stops what it prepared', async () => {
  let stopped = 0;
  const prepared = withWord('right', async () => {
    stopped += 1;
  });
  const results = await runCase({ benchCase: prepared, module }, brief);
  expect(results.map(({ target, rounds }) => [target.name, rounds.length])).toEqual([
    ['server', 2],
    ['driver', 2],
  ]);
  for (const { calls, cpuMsPerCall, p50, p99, rssMb } of results.flatMap(({ rounds }) => rounds)) {
    expect(calls).toBeGreaterThan(10);
    expect(cpuMsPerCall).toBeGreaterThan(0);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(rssMb).toBeGreaterThan(10);
  }
  expect(stopped).toBe(1);
  expect(table(summarize(results))).toMatch(/server \(floor\) .* 1\.00 ×\ndriver /);
});

test('one wrong answer among many right ones fails the run, and names the target', async () => {
  await expect(runCase({ benchCase: withWord('sometimes'), module }, brief)).rejects.toThrow(
    'server: wrong answer: 200 sometimes',
  );
});

test('a driver whose result is wrong fails the run', async () => {
  const [, driver] = benchCase.targets;
  const alone = { ...withWord('wrong driver'), targets: driver ? [driver] : [] };
  await expect(runCase({ benchCase: alone, module }, brief)).rejects.toThrow('driver: the driver says');
});
