/** What is read of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly Assertion[];
  }[];
}

interface Assertion {
  readonly status: string;
  readonly fullName?: string;
  readonly failureMessages?: readonly string[] | null;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What is wrong beyond the failed tests. */
  readonly problems: readonly string[];
  /** Each failed test by file and name, with the first lines of why: told again at the end, where a long run is read first. */
  readonly failedTests: readonly string[];
  /** Tests that failed and then passed when CI ran their file once more: no failure, and never silent. */
  readonly secondTries: readonly string[];
}

export interface RunFacts {
  /** Undefined when vitest wrote no report. */
  readonly report: Report | undefined;
  readonly exitCode: number | null;
  /** On CI every server that a test needs is there, so nothing may be skipped. */
  readonly skipsAllowed: boolean;
  /** A run narrowed by name may miss a whole project. */
  readonly emptyAllowed: boolean;
}

/** Counts one vitest run. Each problem counts as one failure, so that no fault ends in a green line. */
export function tally({ report, exitCode, skipsAllowed, emptyAllowed }: RunFacts): Tally {
  if (!report) {
    const problems = ['vitest ended without a report'];
    return { passed: 0, failed: 1, skipped: 0, problems, failedTests: [], secondTries: [] };
  }
  const skipped = report.numPendingTests + report.numTodoTests;
  const problems = filesThatDidNotLoad(report).map((name) => `${name} failed outside of its tests`);
  const executed = report.numPassedTests + report.numFailedTests;
  if (executed === 0 && !(emptyAllowed && skipped === 0)) problems.push('no test was executed');
  if (skipped > 0 && !skipsAllowed) problems.push(`${skipped} tests were skipped, and on CI none may be`);
  const failed = report.numFailedTests + problems.length;
  if (exitCode !== 0 && failed === 0) problems.push(`vitest ended with ${exitCode} though no test failed`);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + problems.length,
    skipped,
    problems,
    failedTests: withWhy(report, 'failed'),
    secondTries: withWhy(report, 'passed'),
  };
}

/** Tests that ended so and have something that went wrong. */
function withWhy(report: Report, ended: string): string[] {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === ended && (ended === 'failed' || failureMessages?.length))
      .map(({ fullName, failureMessages }) => {
        const [why = ''] = (failureMessages?.[0] ?? '').split(/\n\s+at /);
        return `${name}: ${fullName ?? ''}: ${why.split('\n').slice(0, 12).join('\n').slice(0, 1500)}`;
      }),
  );
}

/** The files to run once more, in a process and a world of their own. So many that no stalled machine explains them are none. */
export function filesToTryAgain({ testResults }: Report): string[] {
  const failed = testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
  return failed.length <= 3 ? failed : [];
}

/** The first run with what the second found in its files; what failed at first keeps why. */
export function withSecondTry(first: Report, second: Report): Report {
  const again = new Map(second.testResults.map((file) => [file.name, file]));
  const replaced = first.testResults.filter(({ name }) => again.has(name));
  const before = (...statuses: string[]) =>
    replaced.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => statuses.includes(status))
      .length;
  return {
    numPassedTests: first.numPassedTests - before('passed') + second.numPassedTests,
    numFailedTests: first.numFailedTests - before('failed') + second.numFailedTests,
    numPendingTests: first.numPendingTests - before('pending', 'skipped') + second.numPendingTests,
    numTodoTests: first.numTodoTests - before('todo') + second.numTodoTests,
    testResults: first.testResults.map((file) => withFirstWhy(again.get(file.name) ?? file, file)),
  };
}

type TestFile = Report['testResults'][number];

function withFirstWhy(now: TestFile, first: TestFile): TestFile {
  if (now === first) return now;
  const whyAtFirst = new Map(
    first.assertionResults
      .filter(({ status }) => status === 'failed')
      .map((test) => [test.fullName, test.failureMessages]),
  );
  const assertionResults = now.assertionResults.map((test, index) => {
    // A file that failed outside of its tests is told once, at its first one.
    const outside = whyAtFirst.size === 0 && index === 0 ? ['the file failed outside of its tests'] : undefined;
    const failureMessages = whyAtFirst.get(test.fullName) ?? outside;
    return test.status === 'passed' && failureMessages ? { ...test, failureMessages } : test;
  });
  return { ...now, assertionResults };
}

function filesThatDidNotLoad(report: Report): string[] {
  const failedOutside = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return failedOutside.map(({ name }) => name);
}
