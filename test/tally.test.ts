import { describe, expect, test } from 'vitest';
import { filesToTryAgain, type Report, type RunFacts, tally, withSecondTry } from './tally.ts';

const report = (changes: Partial<Report> = {}): Report => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] }],
  ...changes,
});
const facts = (changes: Partial<RunFacts> = {}): RunFacts => ({
  report: report(),
  exitCode: 0,
  skipsAllowed: false,
  emptyAllowed: false,
  ...changes,
});

test('a clean run has no failure', () => {
  expect(tally(facts())).toEqual({ passed: 3, failed: 0, skipped: 0, problems: [], failedTests: [], secondTries: [] });
});

test.each<[string, Partial<RunFacts>, number, RegExp]>([
  ['a run without a report', { report: undefined }, 1, /without a report/],
  ['a run of no test', { report: report({ numPassedTests: 0, testResults: [] }) }, 1, /no test was executed/],
  ['a skipped test where none may be', { report: report({ numPendingTests: 1 }) }, 1, /1 tests were skipped/],
  ['a todo where none may be', { report: report({ numTodoTests: 1 }) }, 1, /1 tests were skipped/],
  ['an exit code without a failed test', { exitCode: 1 }, 1, /ended with 1/],
  ['a vitest that was killed', { exitCode: null }, 1, /ended with null/],
  [
    'a file that did not load',
    { report: report({ testResults: [{ name: 'b.test.ts', status: 'failed', assertionResults: [] }] }), exitCode: 1 },
    1,
    /b\.test\.ts failed outside/,
  ],
  [
    'a narrowed run whose only tests were skipped',
    { report: report({ numPassedTests: 0, numPendingTests: 1 }), skipsAllowed: true, emptyAllowed: true },
    1,
    /no test was executed/,
  ],
])('%s is a failure', (_name, changes, failed, problem) => {
  const result = tally(facts(changes));
  expect(result.failed).toBe(failed);
  expect(result.problems.join()).toMatch(problem);
});

test('failed tests are counted once, whatever the exit code, and named', () => {
  const failing = report({
    numFailedTests: 2,
    testResults: [
      {
        name: 'a.test.ts',
        status: 'failed',
        assertionResults: [{ status: 'failed', fullName: 'adds up', failureMessages: ['expected 3 to be 4\n  at a'] }],
      },
    ],
  });
  expect(tally(facts({ report: failing, exitCode: 1 }))).toEqual({
    passed: 3,
    failed: 2,
    skipped: 0,
    problems: [],
    failedTests: ['a.test.ts: adds up: expected 3 to be 4'],
    secondTries: [],
  });
});

describe('files that are run once more', () => {
  const file = (name: string, ...tests: Report['testResults'][number]['assertionResults']) => ({
    name,
    status: tests.some(({ status }) => status === 'failed') ? 'failed' : 'passed',
    assertionResults: tests,
  });
  const fine = { status: 'passed', fullName: 'is fine' };
  const late = { status: 'failed', fullName: 'adds up', failureMessages: ['too late\nfor this\n    at a.ts:1'] };
  const first = report({
    numPassedTests: 2,
    numFailedTests: 1,
    testResults: [file('a.test.ts', fine), file('b.test.ts', fine, late)],
  });
  const of = (...tests: Parameters<typeof file>[1][]) =>
    report({
      numPassedTests: tests.filter(({ status }) => status === 'passed').length,
      numFailedTests: tests.filter(({ status }) => status === 'failed').length,
      testResults: [file('b.test.ts', ...tests)],
    });
  const judged = (second: Report, exitCode: number) => tally(facts({ report: withSecondTry(first, second), exitCode }));

  test('are those with a failure, and none when there are many', () => {
    expect(filesToTryAgain(first)).toEqual(['b.test.ts']);
    const many = report({ testResults: ['a', 'b', 'c', 'd'].map((name) => file(name, late)) });
    expect(filesToTryAgain(many)).toEqual([]);
  });

  test('that passed then are no failure, are counted once, and name what failed and why', () => {
    expect(judged(of(fine, { status: 'passed', fullName: 'adds up' }), 0)).toEqual({
      passed: 3,
      failed: 0,
      skipped: 0,
      problems: [],
      failedTests: [],
      secondTries: ['b.test.ts: adds up: too late\nfor this'],
    });
  });

  test('that fail again are failures', () => {
    const result = judged(of(fine, late), 1);
    expect(result).toMatchObject({ passed: 2, failed: 1, secondTries: [] });
    expect(result.failedTests).toEqual(['b.test.ts: adds up: too late\nfor this']);
  });

  test('that did not load at first are named once', () => {
    const unloaded = report({ testResults: [{ name: 'b.test.ts', status: 'failed', assertionResults: [] }] });
    const result = tally(
      facts({ report: withSecondTry(unloaded, of(fine, { status: 'passed', fullName: 'adds up' })) }),
    );
    expect(result).toMatchObject({
      failed: 0,
      secondTries: ['b.test.ts: is fine: the file failed outside of its tests'],
    });
  });
});

test('off CI a skipped test is counted and allowed', () => {
  const result = tally(facts({ report: report({ numPendingTests: 2 }), skipsAllowed: true }));
  expect(result).toEqual({ passed: 3, failed: 0, skipped: 2, problems: [], failedTests: [], secondTries: [] });
});

test('a narrowed run may miss a project', () => {
  const empty = report({ numPassedTests: 0, testResults: [] });
  expect(tally(facts({ report: empty, emptyAllowed: true })).failed).toBe(0);
});
