import { expect, test } from 'vitest';

import { parseCommandLine } from './parse-command-line.ts';
import { StackProblem } from './stack-problem.ts';

test('reads every option', () => {
  expect(parseCommandLine(['--policy', 'p.yaml', '--platform=databricks', '--data-dir', 'd'])).toEqual({
    help: false,
    policy: 'p.yaml',
    dataDir: 'd',
    platform: 'databricks',
  });
  expect(parseCommandLine(['--help'])).toMatchObject({ help: true, platform: 'postgres' });
});

test.each([
  [['--polcy', 'x'], "Unknown option '--polcy'"],
  [['stray'], "Unexpected argument 'stray'"],
  [['--policy'], "Option '--policy <value>' argument missing"],
  [['--platform', 'oracle'], '`postgres` or `databricks`'],
])('refuses %j and says why', (args, reason) => {
  expect(() => parseCommandLine(args)).toThrow(StackProblem);
  expect(() => parseCommandLine(args)).toThrow(reason);
});
