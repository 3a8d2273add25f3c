// Runs before `npm start` and `npm test`, on any Node from 18 on and with no dependency: brings node_modules up to date.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM = '12.21.0';
const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const changedAt = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

const fail = (...lines) => {
  for (const line of lines) console.error(line);
  process.exit(1);
};

if (changedAt(at('node_modules', '.modules.yaml')) < changedAt(at('pnpm-lock.yaml'))) {
  console.error('causeway: installing packages (once, and again when pnpm-lock.yaml changes) …');
  const { status } = spawnSync('npx', ['--yes', `pnpm@${PNPM}`, 'install', '--frozen-lockfile'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    fail(
      'causeway: the packages could not be installed; what went wrong is above.',
      '  - no network: the npm registry must be reachable (`npm ping`).',
      '  - no permission: this folder must be writable for you.',
      '  - a half-written node_modules: delete it and run the command again.',
    );
  }
}

// Linux gets Node 24 from npm; the scripts that follow find it first on their PATH.
if (!existsSync(at('node_modules', '.bin', 'node')) && Number(process.versions.node.split('.')[0]) < 24) {
  fail(
    `causeway: needs Node 24, and this is Node ${process.versions.node}.`,
    'On Linux it comes from npm by itself; here, install it from https://nodejs.org and run the command again.',
  );
}
