import { execFile, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('ensure.mjs', import.meta.url));

const INSTALLS = 'mkdir -p node_modules/one node_modules/.bin; ln -sf "$(command -v node)" node_modules/.bin/node';

/** A checkout with one dependency, and an `npx` on the PATH that stands in for pnpm: it installs that dependency and counts. */
let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'causeway-ensure-'));
  chmodSync(checkout, 0o755);
  for (const folder of ['scripts', 'bin']) mkdirSync(join(checkout, folder));
  cpSync(SCRIPT, join(checkout, 'scripts', 'ensure.mjs'));
  writeFileSync(join(checkout, 'package.json'), '{"dependencies":{"one":"1.0.0"}}');
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) writeFileSync(join(checkout, name), '');
  fakeNpx(INSTALLS);
});

afterEach(() => rmSync(checkout, { recursive: true, force: true }));

function fakeNpx(script: string): void {
  writeFileSync(join(checkout, 'bin', 'npx'), `#!/bin/sh\necho "$@" >> ${checkout}/calls\n${script}\n`, {
    mode: 0o755,
  });
}

interface Result {
  readonly code: number;
  readonly output: string;
}

function ensure(
  ids: { uid?: number; gid?: number } = {},
  path = `${join(checkout, 'bin')}${delimiter}${process.env['PATH']}`,
  words: readonly string[] = [],
): Promise<Result> {
  const { promise, resolve } = Promise.withResolvers<Result>();
  const child = execFile(
    process.execPath,
    [join(checkout, 'scripts', 'ensure.mjs'), ...words],
    { env: { PATH: path }, ...ids },
    (_error, _stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stderr }),
  );
  return promise;
}

function installs(): number {
  const calls = join(checkout, 'calls');
  return existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0;
}

test('installs by the lockfile, once', async () => {
  expect(await ensure()).toMatchObject({ code: 0 });
  expect(await ensure()).toEqual({ code: 0, output: '' });
  expect(readFileSync(join(checkout, 'calls'), 'utf8')).toMatch(/^--yes pnpm@[\d.]+ install --frozen-lockfile\b/);
  expect(installs()).toBe(1);
});

test('installs again when the lockfile changes', async () => {
  await ensure();
  writeFileSync(join(checkout, 'pnpm-lock.yaml'), 'changed');
  await ensure();
  expect(installs()).toBe(2);
});

describe('what `npm start` needs', () => {
  const ensureRun = () => ensure({}, undefined, ['run']);
  const calls = () => readFileSync(join(checkout, 'calls'), 'utf8').trim().split('\n');
  const manifest = '{"dependencies":{"one":"1.0.0"},"devDependencies":{"tool":"1.0.0"}}';
  const ALL = `${INSTALLS}; mkdir -p node_modules/tool`;

  test('is installed alone where nothing is yet, once, and the rest by the first `npm test`', async () => {
    writeFileSync(join(checkout, 'package.json'), manifest);
    expect(await ensureRun()).toMatchObject({ code: 0 });
    expect(await ensureRun()).toEqual({ code: 0, output: '' });
    fakeNpx(ALL);
    expect((await ensure()).output).not.toContain('incomplete');
    expect(calls().map((call) => call.endsWith(' --prod'))).toEqual([true, false]);
  });

  test('takes no tools away that `npm test` installs at the same moment', async () => {
    writeFileSync(join(checkout, 'package.json'), manifest);
    // Long enough that the second one surely finds the first one at work.
    fakeNpx(`sleep 2; ${ALL}`);
    const all = ensure();
    await expect.poll(() => existsSync(join(checkout, 'calls')), { timeout: 30_000 }).toBe(true);
    expect(await Promise.all([all, ensureRun()])).toMatchObject([{ code: 0 }, { code: 0 }]);
    expect(calls().map((call) => call.endsWith(' --prod'))).toEqual([false]);
  });

  test('takes no tools away that are there, also when the lockfile changes', async () => {
    writeFileSync(join(checkout, 'package.json'), manifest);
    fakeNpx(ALL);
    await ensure();
    expect(await ensureRun()).toEqual({ code: 0, output: '' });
    writeFileSync(join(checkout, 'pnpm-lock.yaml'), 'changed');
    await ensureRun();
    expect(calls().map((call) => call.endsWith(' --prod'))).toEqual([false, false]);
  });
});

test('makes a half-deleted node_modules anew', async () => {
  await ensure();
  writeFileSync(join(checkout, 'node_modules', 'rest'), '');
  rmSync(join(checkout, 'node_modules', 'one'), { recursive: true });
  expect((await ensure()).output).toContain('node_modules is incomplete');
  expect(existsSync(join(checkout, 'node_modules', 'one'))).toBe(true);
  expect(existsSync(join(checkout, 'node_modules', 'rest'))).toBe(false);
});

test('a failed install says what to do, is not taken for done, and leaves no lock', async () => {
  fakeNpx('exit 7');
  const { code, output } = await ensure();
  expect(code).toBe(1);
  expect(output).toContain('could not be installed');
  expect(output).toContain('npm ping');
  expect(existsSync(join(checkout, '.causeway', 'install.lock'))).toBe(false);
  expect(await ensure()).toMatchObject({ code: 1 });
  expect(installs()).toBe(2);
});

test('of two commands at once one installs and the other waits for it', async () => {
  // Long enough that the second one surely finds the first one at work.
  fakeNpx(`sleep 2; ${INSTALLS}`);
  const results = await Promise.all([ensure(), ensure()]);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(installs()).toBe(1);
  expect(results.map(({ output }) => output).join('')).toContain('waiting for it');
});

test('the lock of a command that was killed does not hold up the next one', async () => {
  const dead = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => dead.once('exit', resolve));
  mkdirSync(join(checkout, '.causeway'));
  writeFileSync(join(checkout, '.causeway', 'install.lock'), String(dead.pid));
  expect(await ensure()).toMatchObject({ code: 0 });
});

test('a checkout that cannot be written: names the folder', async () => {
  chmodSync(checkout, 0o555);
  // Root may write everywhere, so there it runs as nobody.
  const { code, output } = await ensure(process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {});
  chmodSync(checkout, 0o755);
  expect(code).toBe(1);
  expect(output).toContain(`cannot write to ${checkout}`);
  expect(installs()).toBe(0);
});

test('without npx it says where that comes from', async () => {
  const { code, output } = await ensure({}, '/nothing');
  expect(code).toBe(1);
  expect(output).toContain('It comes with npm');
});
