import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freeStackPorts, portVariables } from '@causeway/local/testing/stack-ports';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { CHECKOUT, Command, runCommand } from './command.ts';
import { processesNaming } from './machine.ts';
import { requirement } from './requirement.ts';
import { temporaryFolder } from './temporary-folder.ts';

vi.setConfig({ testTimeout: 300_000 });

// Made in `beforeAll`, because listing the tests loads this file too.
let folder: ReturnType<typeof temporaryFolder>;
let clone: string;
let stack: Command | undefined;

/** What a clone would have: the files that git knows or would add, and nothing that was installed or generated here. */
function copyCheckout(): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: CHECKOUT,
  });
  const files = listed
    .toString()
    .split('\0')
    .filter((file) => file !== '' && existsSync(join(CHECKOUT, file)));
  for (const file of files) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(CHECKOUT, file), join(clone, file));
  }
  chmodSync(clone, 0o755);
}

/** No cache of npm or pnpm, and no tool of this checkout on the PATH. */
function emptyCaches(): Record<string, string> {
  const path = (process.env['PATH'] ?? '').split(':').filter((part) => !part.includes('node_modules'));
  const of = (name: string) => join(folder.path, name);
  return {
    PATH: path.join(':'),
    npm_config_cache: of('npm-cache'),
    XDG_CACHE_HOME: of('cache'),
    XDG_DATA_HOME: of('data'),
    XDG_STATE_HOME: of('state'),
  };
}

beforeAll(() => {
  folder = temporaryFolder();
  clone = join(folder.path, 'clone');
  copyCheckout();
});

afterAll(async () => {
  await stack?.end();
  folder[Symbol.dispose]();
});

requirement(
  ['start-cold-60s', 'start-data-in-causeway', 'start-bare-machine'],
  'a fresh clone with empty caches is ready in 60 s, and keeps its data in .causeway',
  async () => {
    const env = { ...emptyCaches(), ...portVariables(await freeStackPorts()) };
    // Nothing is installed but the Node of the machine, which may be an old one, and its npm.
    expect(existsSync(join(clone, 'node_modules'))).toBe(false);
    const found = await runCommand(
      ['sh', '-c', 'for each in pnpm tsc turbo vitest causeway; do command -v $each; done'],
      { env },
    );
    expect(found.stdout).toBe('');
    const startedAt = performance.now();
    stack = new Command(['npm', 'start'], {
      cwd: clone,
      env,
    });
    await stack.lineBeginning('ready ');
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    expect(existsSync(join(clone, '.causeway', 'postgres'))).toBe(true);
    // The caches were really the empty ones.
    expect(existsSync(join(folder.path, 'data', 'pnpm'))).toBe(true);
    stack.interrupt();
    await stack.finished();
    expect(processesNaming(clone)).toEqual([]);
  },
);

requirement(
  'test-one-command',
  'npm test runs what it is asked for, counts, and fails when a test failed',
  async () => {
    const npmTest = (...names: string[]) =>
      runCommand(['npm', 'test', '--', ...names], { cwd: clone, env: emptyCaches() });
    const good = await npmTest('packages/core/src/scope.test.ts');
    expect(good).toMatchObject({ exitCode: 0 });
    expect(good.stdout.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
    const test = join(clone, 'packages/core/src/wrong.test.ts');
    writeFileSync(test, `import { expect, test } from 'vitest';\ntest('is wrong', () => expect(1).toBe(2));\n`);
    const bad = await npmTest('packages/core/src/scope.test.ts', 'packages/core/src/wrong.test.ts');
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 1 failed$/);
    const none = await npmTest('no-such-file');
    expect(none.exitCode).toBe(1);
  },
);
