import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import { isRoot } from '../data-folder.ts';
import { StackProblem } from '../stack-problem.ts';

/** Whom the database runs as: Postgres refuses root. `prefix` is put before its command line. */
export interface DatabaseAccount {
  readonly name: string;
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
  readonly prefix: readonly string[];
}

interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface AccountPlaces {
  readonly binary: string;
  readonly dataDir: string;
}

/**
 * Anybody but root runs the database as themselves. Root gives it to the owner of the data folder's parent, `postgres` or `nobody`,
 * whoever reaches both the binaries and the data; under a closed home none does, and then a user namespace hides that it is root.
 */
export function chooseDatabaseAccount(places: AccountPlaces, passwd = readPasswd()): DatabaseAccount {
  if (!isRoot()) return { name: 'you', ids: undefined, prefix: [] };
  const candidates = listCandidates(passwd, statSync(dirname(places.dataDir)).uid);
  const account = candidates.find((user) => obstacleFor(user, places) === undefined);
  if (account !== undefined) {
    return { name: account.name, ids: { uid: account.uid, gid: account.gid }, prefix: [] };
  }
  const namespaced = namespacedAccount(candidates, places.binary);
  if (namespaced !== undefined) return namespaced;
  throw noAccount(candidates, places);
}

/** The owner of a bind-mounted checkout is tried first: the files are theirs already. */
export function listCandidates(passwd: readonly SystemUser[], owner: number): readonly SystemUser[] {
  const named = [
    passwd.find(({ uid }) => uid === owner),
    ...['postgres', 'nobody'].map((name) => passwd.find((user) => user.name === name)),
  ];
  return named.filter((user) => user !== undefined && user.uid !== 0) as SystemUser[];
}

export function parsePasswd(text: string): readonly SystemUser[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** The outermost folder on the way that this user may not pass through. */
export function firstClosedFolder(path: string, user: Pick<SystemUser, 'uid' | 'gid'>): string | undefined {
  const folders: string[] = [];
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) folders.unshift(folder);
  return folders.find((folder) => {
    const { mode, uid, gid } = statSync(folder);
    if (uid === user.uid) return (mode & 0o100) === 0;
    return (mode & (gid === user.gid ? 0o010 : 0o001)) === 0;
  });
}

function obstacleFor(user: SystemUser, { binary, dataDir }: AccountPlaces): string | undefined {
  const closed = firstClosedFolder(dirname(binary), user) ?? firstClosedFolder(dataDir, user);
  if (closed !== undefined) return `${closed} is closed to the user ${user.name}`;
  return canRun([binary, '--version'], user) ? undefined : `the user ${user.name} cannot run ${binary}`;
}

function namespacedAccount(candidates: readonly SystemUser[], binary: string): DatabaseAccount | undefined {
  const user = candidates[0];
  if (user === undefined) return undefined;
  const prefix = ['unshare', '--user', `--map-user=${user.uid}`];
  if (!canRun([...prefix, binary, '--version'])) return undefined;
  return { name: `${user.name} (in a user namespace)`, ids: undefined, prefix };
}

function canRun([command = '', ...args]: readonly string[], user?: SystemUser): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore', cwd: '/', ...(user && { uid: user.uid, gid: user.gid }) });
    return true;
  } catch {
    return false;
  }
}

function noAccount(candidates: readonly SystemUser[], places: AccountPlaces): StackProblem {
  const [first] = candidates;
  if (first === undefined) {
    return new StackProblem(
      'you are root, Postgres refuses root, and there is no user `postgres` or `nobody` to run it as',
      ['Start as an ordinary user, or make that user: `useradd --system postgres`.'],
    );
  }
  const closed = firstClosedFolder(dirname(places.binary), first) ?? firstClosedFolder(places.dataDir, first);
  return new StackProblem(
    `you are root, Postgres refuses root, and ${obstacleFor(first, places) ?? 'nobody else can run it'}`,
    [
      'Start as an ordinary user who owns this checkout, or',
      'move the checkout to a folder that everybody may pass through, such as /srv, or',
      ...(closed === undefined ? [] : [`let others pass through (not read) that folder: \`chmod o+x ${closed}\`.`]),
    ],
  );
}

function readPasswd(): readonly SystemUser[] {
  try {
    return parsePasswd(readFileSync('/etc/passwd', 'utf8'));
  } catch {
    return [];
  }
}
