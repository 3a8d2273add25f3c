import { expect, test } from 'vitest';
import { CASES } from './cases.ts';
import { runCase } from './run-case.ts';

test.each(CASES.map((found) => [found.benchCase.name, found] as const))(
  '%s: every target starts and gives the right answers',
  async (_name, found) => {
    const results = await runCase(found, { rounds: 1, seconds: 0.2, warmUpSeconds: 0.1 });
    expect(results.map(({ rounds }) => rounds.length)).toEqual(found.benchCase.targets.map(() => 1));
    expect(results.some(({ target }) => target.floor)).toBe(true);
  },
);
