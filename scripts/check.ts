import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every rule that a change must keep, in the order in which the results are shown. */
const CHECKS: Record<string, readonly [command: string, ...args: string[]]> = {
  types: ['tsc', '-p', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings', '.'],
  boundaries: ['env', 'TURBO_TELEMETRY_DISABLED=1', 'turbo', 'boundaries'],
  'unused code': ['knip', '--no-progress'],
  'function sizes': ['node', 'scripts/function-sizes.ts'],
  format: ['prettier', '--check', '--log-level', 'warn', '.'],
  docs: ['node', 'scripts/docs.ts', '--check'],
};

interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Runs all checks at once, reports each, and shows what the failing ones said. */
export async function runChecks(): Promise<{ passed: number; failed: readonly string[] }> {
  const results = await Promise.all(Object.keys(CHECKS).map((name) => runCheck(name)));
  for (const { name, passed, seconds, output } of results) {
    console.log(`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${seconds.toFixed(1)} s`);
    if (!passed) console.log(output.trimEnd().replaceAll(/^/gm, '     '));
  }
  const failed = results.filter((result) => !result.passed).map(({ name }) => name);
  return { passed: results.length - failed.length, failed };
}

async function runCheck(name: string): Promise<CheckResult> {
  const [command, ...args] = CHECKS[name] ?? [];
  if (command === undefined) throw new Error(`no check named ${name}`);
  const startedAt = performance.now();
  const chunks: Buffer[] = [];
  const passed = await new Promise<boolean>((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${error.message}\nRun this through pnpm or npm, which put the tools on the PATH.`));
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
  return { name, passed, seconds: (performance.now() - startedAt) / 1000, output: Buffer.concat(chunks).toString() };
}

if (import.meta.main) {
  const { failed } = await runChecks();
  process.exitCode = failed.length === 0 ? 0 : 1;
}
