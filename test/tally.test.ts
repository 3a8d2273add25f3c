import { expect, test } from 'vitest';
import { type Report, type RunFacts, tally } from './tally.ts';

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

test('a test that needed a second try is no failure, and is named', () => {
  const second = { status: 'passed', fullName: 'adds up', failureMessages: ['too late'] };
  const result = tally(
    facts({ report: report({ testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: [second] }] }) }),
  );
  expect(result).toMatchObject({ failed: 0, failedTests: [], secondTries: ['a.test.ts: adds up: too late'] });
});

test('off CI a skipped test is counted and allowed', () => {
  const result = tally(facts({ report: report({ numPendingTests: 2 }), skipsAllowed: true }));
  expect(result).toEqual({ passed: 3, failed: 0, skipped: 2, problems: [], failedTests: [], secondTries: [] });
});

test('a narrowed run may miss a project', () => {
  const empty = report({ numPassedTests: 0, testResults: [] });
  expect(tally(facts({ report: empty, emptyAllowed: true })).failed).toBe(0);
});
