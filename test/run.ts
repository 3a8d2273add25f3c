// `npm test [-- NAME …]`: the whole suite in a fixed order. With names, only the test files whose path contains one of them.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from '../scripts/check.ts';
import { coverage, listEndToEndTests } from './e2e/coverage.ts';
import { REQUIREMENTS } from './e2e/requirements.ts';
import { filesToTryAgain, type Report, type RunFacts, type Tally, tally, withSecondTry } from './tally.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const names = process.argv.slice(2);
const narrowed = names.length > 0;
const onCi = Boolean(process.env['CI']);

async function section(name: string, run: () => Promise<Tally>): Promise<Tally> {
  console.log(`\n── ${name}`);
  const startedAt = performance.now();
  const result = await run();
  for (const problem of result.problems) console.log(`FAIL ${name}: ${problem}`);
  console.log(`── ${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}

async function checks(): Promise<Tally> {
  const { passed, failed } = await runChecks();
  return {
    passed,
    failed: failed.length,
    skipped: 0,
    problems: [],
    secondTries: [],
    failedTests: failed.map((name) => `check ${name}`),
  };
}

async function vitest(project: string): Promise<Tally> {
  const facts = { skipsAllowed: !onCi, emptyAllowed: narrowed };
  const first = await runFiles(project, narrowed ? ['--passWithNoTests', ...names] : []);
  // A machine of CI stalls now and then. A second try is named at the end, so that it is mended and not forgotten.
  const again = onCi && project !== 'unit' && first.report ? filesToTryAgain(first.report) : [];
  if (again.length === 0) return tally({ ...first, ...facts });
  console.log(`\n── ${project}: once more ${again.join(' ')}`);
  const second = await runFiles(project, again);
  if (!first.report || !second.report) return tally({ ...first, ...facts });
  return tally({ report: withSecondTry(first.report, second.report), exitCode: second.exitCode, ...facts });
}

async function runFiles(project: string, files: readonly string[]): Promise<Pick<RunFacts, 'report' | 'exitCode'>> {
  const directory = mkdtempSync(join(tmpdir(), 'causeway-test-'));
  const file = join(directory, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      const args = ['run', '--project', project, ...reporters, ...files];
      const child = spawn('vitest', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
      child.on('error', reject);
      child.on('close', resolve);
    });
    return { report: existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined, exitCode };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** No promise without an end-to-end test, and no such test without a promise. */
async function requirements(): Promise<Tally> {
  const { files, problems } = coverage(listEndToEndTests());
  console.log(`${files.size} of ${REQUIREMENTS.length} requirements have an end-to-end test`);
  return { passed: 0, failed: problems.length, skipped: 0, problems, failedTests: [], secondTries: [] };
}

const results: Tally[] = [];
if (!narrowed) results.push(await section('check', checks));
for (const project of ['unit', 'server', 'e2e', 'e2e-alone'])
  results.push(await section(project, () => vitest(project)));
if (!narrowed) results.push(await section('requirements', requirements));

const sum = (key: 'passed' | 'failed' | 'skipped') => results.reduce((total, result) => total + result[key], 0);
const [passed, skipped] = [sum('passed'), sum('skipped')];
let failed = sum('failed');
if (passed + failed === 0) {
  console.log(`FAIL no test file has ${names.join(' or ')} in its path`);
  failed = 1;
}
for (const why of results.flatMap(({ secondTries }) => secondTries)) console.log(`\nAT THE SECOND TRY ${why}`);
for (const why of results.flatMap(({ failedTests, problems }) => [...failedTests, ...problems])) {
  console.log(`\nFAIL ${why}`);
}
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
