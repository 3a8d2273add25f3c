import { execFile } from 'node:child_process';
import {
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { isRoot } from '../data-folder.ts';
import { errorCodeOf, StackProblem } from '../stack-problem.ts';
import type { DatabaseAccount } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';

const run = promisify(execFile);

export interface ClusterPlace {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly account: DatabaseAccount;
}

/** The cluster's folder, made when there is none. Never touches a folder that holds something it does not understand. */
export async function openCluster(
  place: ClusterPlace,
  superuserPassword: string,
): Promise<{ folder: string; made: boolean }> {
  const folder = join(place.dataDir, 'postgres');
  const version = await binaryVersion(place);
  const found = lookAt(folder);
  if (found === 'foreign') throw notACluster(folder);
  if (found === 'none') {
    await initialise(place, folder, superuserPassword);
    return { folder, made: true };
  }
  if (found !== version) throw otherVersion(folder, found, version);
  giveTo(place.account, folder);
  return { folder, made: false };
}

/** The least that Postgres needs. `LC_ALL` keeps its messages, and what this code reads of them, in one language. */
export const POSTGRES_ENV = { LC_ALL: 'C', PATH: '/usr/local/bin:/usr/bin:/bin' };

export function commandLine(account: DatabaseAccount, program: string, args: readonly string[]): [string, string[]] {
  const [command = program, ...rest] = [...account.prefix, program, ...args];
  return [command, rest];
}

function lookAt(folder: string): string {
  if (!existsSync(folder)) return 'none';
  try {
    return readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw notReadable(folder, error);
    return readdirSync(folder).length === 0 ? 'none' : 'foreign';
  }
}

async function binaryVersion({ account, binaries }: ClusterPlace): Promise<string> {
  const [command, args] = commandLine(account, binaries.postgres, ['--version']);
  try {
    const { stdout } = await run(command, args, { cwd: '/', env: POSTGRES_ENV, ...account.ids });
    return /(\d+)(\.\d+)*\s*$/.exec(stdout)?.[1] ?? 'unknown';
  } catch (error) {
    throw new StackProblem(
      'the Postgres binaries do not run on this machine',
      ['They need glibc (not musl, as on Alpine). If this is such a system, delete node_modules and start again.'],
      error,
    );
  }
}

/** In a folder beside it, renamed when whole: an interrupted start leaves no half of a cluster. */
async function initialise(
  { dataDir, binaries, account }: ClusterPlace,
  folder: string,
  password: string,
): Promise<void> {
  const staging = join(dataDir, 'postgres.new');
  try {
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { mode: 0o700 });
    const passwordFile = join(staging, 'password');
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    giveTo(account, staging);
    const [command, args] = commandLine(account, binaries.initdb, [
      `--pgdata=${join(staging, 'cluster')}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      // Postgres' own locale: the same order of rows on every machine, whatever its LANG.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--encoding=UTF8',
      '--no-instructions',
    ]);
    await run(command, args, { cwd: '/', env: POSTGRES_ENV, ...account.ids });
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(staging, 'cluster'), folder);
  } catch (error) {
    throw explainInitFailure(dataDir, error);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

export function explainInitFailure(dataDir: string, error: unknown): StackProblem {
  const text = textOf(error);
  if (/No space left on device|ENOSPC|Disk quota exceeded|EDQUOT/.test(text)) {
    return new StackProblem(
      `no space left for the database in ${dataDir}`,
      ['It needs about 50 MB. Free some space and start again.'],
      error,
    );
  }
  return new StackProblem('the database could not be made', text.trim().split('\n').slice(-4), error);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== '' ? error.stderr : error.message;
}

/** Only root can, and only root must: it may have run the database as somebody else last time. */
function giveTo({ ids }: DatabaseAccount, folder: string): void {
  if (!isRoot()) return;
  const { uid, gid } = ids ?? { uid: 0, gid: 0 };
  if (statSync(folder).uid === uid) {
    for (const entry of readdirSync(folder)) lchownSync(join(folder, entry), uid, gid);
    return;
  }
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, entry), uid, gid);
  chownSync(folder, uid, gid);
}

function notACluster(folder: string): StackProblem {
  return new StackProblem(
    `${folder} holds files but is not a whole database (PG_VERSION is missing); it was left as it is`,
    [
      `To begin with an empty database: \`mv ${folder} ${folder}.broken\`, then start again.`,
      'If you have a copy of the whole folder, put that back instead.',
    ],
  );
}

function otherVersion(folder: string, found: string, version: string): StackProblem {
  return new StackProblem(
    `${folder} was written by Postgres ${found}, and this is Postgres ${version}; it was left as it is`,
    [
      'Go back to the checkout that wrote it and take a dump, or',
      `begin with an empty database: \`mv ${folder} ${folder}.${found}\`, then start again.`,
    ],
  );
}

function notReadable(folder: string, error: unknown): StackProblem {
  return new StackProblem(
    `${folder} cannot be read by you`,
    [`It was made by a start with sudo, most likely: \`sudo chown -R $(id -u) ${folder}\` gives it to you.`],
    error,
  );
}
