/** What is read of vitest's JSON report. */
export interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What is wrong beyond the failed tests that vitest has already shown. */
  readonly problems: readonly string[];
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
  if (!report) return { passed: 0, failed: 1, skipped: 0, problems: ['vitest ended without a report'] };
  const skipped = report.numPendingTests + report.numTodoTests;
  const problems = filesThatDidNotLoad(report).map((name) => `${name} failed outside of its tests`);
  const executed = report.numPassedTests + report.numFailedTests;
  if (executed === 0 && !(emptyAllowed && skipped === 0)) problems.push('no test was executed');
  if (skipped > 0 && !skipsAllowed) problems.push(`${skipped} tests were skipped, and on CI none may be`);
  const failed = report.numFailedTests + problems.length;
  if (exitCode !== 0 && failed === 0) problems.push(`vitest ended with ${exitCode} though no test failed`);
  return { passed: report.numPassedTests, failed: report.numFailedTests + problems.length, skipped, problems };
}

function filesThatDidNotLoad(report: Report): string[] {
  const failedOutside = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  return failedOutside.map(({ name }) => name);
}
