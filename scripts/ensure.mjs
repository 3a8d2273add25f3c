// Runs before `npm start` and `npm test`, on any Node from 18 on and with no dependency: brings node_modules up to date.
// `ensure.mjs run`: the first time, without what only tests and checks need, which is more than half of it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PNPM = '12.21.0';
// Never ask before replacing a node_modules of another layout.
const PNPM_INSTALL = ['--yes', `pnpm@${PNPM}`, 'install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
const WAIT_MAX_MS = 600_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const modules = at('node_modules');
const stamp = at('node_modules', '.causeway-installed');
const lock = at('.causeway', 'install.lock');

refuseUnfitMachine();
if (isStale()) {
  refuseReadOnlyCheckout();
  await takeLock();
  // Also after a failure, which ends the process on the spot.
  process.on('exit', () => rmSync(lock, { force: true }));
  // Another command may have done it while this one waited.
  if (isStale()) install();
}
refuseOldNode();

function fail(message, ...advice) {
  console.error([`causeway: ${message}`, ...advice.map((line) => `  - ${line}`)].join('\n'));
  process.exit(1);
}

function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}

function refuseUnfitMachine() {
  if (process.platform === 'win32') fail('runs on Linux and macOS.', 'On Windows, use it inside WSL.');
  if (nodeMajor() < 18) fail(`needs Node 18 or newer to begin with, and this is ${process.versions.node}.`);
  if (process.platform !== 'linux') refuseOldNode();
}

/** Linux gets Node 24 from npm; the scripts that follow find it first on their PATH. */
function refuseOldNode() {
  if (nodeMajor() >= 24 || existsSync(at('node_modules', '.bin', 'node'))) return;
  fail(
    `needs Node 24, and this is Node ${process.versions.node}.`,
    'On Linux (x64, arm64) it comes from npm by itself; here, install it from https://nodejs.org and run the command again.',
  );
}

/** What must be the same for an install to count: the packages, and the system whose binaries they brought. */
function wantedStamp(part) {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(at(file)));
  return hash.update(`${PNPM} ${process.platform} ${process.arch}`).digest('hex').concat(' ', part);
}

/** `run`, or `all`. Tools that are there already are not taken away; another command may have brought them a moment ago. */
function wantedPart() {
  return process.argv[2] === 'run' && (installedPart() === 'run' || !existsSync(modules)) ? 'run' : 'all';
}

function installedPart() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8').split(' ')[1] : undefined;
}

function isStale() {
  return (
    !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wantedStamp(wantedPart()) || missingPackages().length > 0
  );
}

/** Packages that a package.json names and that are not there: somebody deleted half of node_modules. */
function missingPackages() {
  return workspaceFolders().flatMap((folder) => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const names = Object.keys({ ...dependencies, ...(wantedPart() === 'all' && devDependencies) });
    return names.filter((name) => !existsSync(join(folder, 'node_modules', name)));
  });
}

function workspaceFolders() {
  const groups = ['packages', 'services', 'infra', 'test'].filter((group) => existsSync(at(group)));
  const folders = groups.flatMap((group) => readdirSync(at(group)).map((name) => at(group, name)));
  return [root, ...folders.filter((folder) => existsSync(join(folder, 'package.json')))];
}

function refuseReadOnlyCheckout() {
  for (const folder of [root, modules].filter(existsSync)) {
    try {
      accessSync(folder, constants.W_OK);
    } catch (error) {
      fail(
        `cannot write to ${folder} (${error.code}), and the packages go there.`,
        'Make it writable for you, or clone the project to a folder of your own.',
        'If an earlier run was with sudo: `sudo chown -R $(id -u) .` in the checkout gives it back to you.',
      );
    }
  }
}

/** One install at a time: two would pull the same files from under each other. */
async function takeLock() {
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
  const deadline = Date.now() + WAIT_MAX_MS;
  for (let told = false; Date.now() < deadline; await delay(200)) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`cannot write ${lock} (${error.code}).`, 'Make that folder writable for you.');
    }
    const owner = readLockOwner();
    if (owner !== undefined && !isAlive(owner)) rmSync(lock, { force: true });
    else if (!told) {
      console.error(`causeway: process ${owner ?? '?'} installs the packages already; waiting for it …`);
      told = true;
    }
  }
  fail(`another install did not end within ${WAIT_MAX_MS / 60_000} minutes.`, `If there is none, delete ${lock}.`);
}

function readLockOwner() {
  try {
    return Number(readFileSync(lock, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function install() {
  const began = Date.now();
  const part = wantedPart();
  if (installedPart() === part && missingPackages().length > 0) {
    // pnpm trusts its own record of what it installed, so an incomplete folder is made anew.
    console.error('causeway: node_modules is incomplete; making it again …');
    for (const folder of workspaceFolders()) rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  }
  console.error('causeway: installing the packages (once, and again when they change) …');
  rmSync(stamp, { force: true });
  const { status, error } = spawnSync('npx', [...PNPM_INSTALL, ...(part === 'run' ? ['--prod'] : [])], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (error?.code === 'ENOENT')
    fail('`npx` was not found.', 'It comes with npm: install npm and run the command again.');
  if (status !== 0) {
    fail(
      'the packages could not be installed; what went wrong is above.',
      'No network: the npm registry must be reachable; `npm ping` tells.',
      'No permission (EACCES): this folder and `npm config get cache` must be writable for you.',
      'No space (ENOSPC): it needs about 1.5 GB here and in the caches.',
      'Something half-written: delete node_modules and run the command again.',
    );
  }
  writeFileSync(stamp, wantedStamp(part));
  console.error(`causeway: packages installed in ${((Date.now() - began) / 1000).toFixed(0)} s`);
}
