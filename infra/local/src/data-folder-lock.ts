import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { identityOf, isStillRunning, type ProcessIdentity } from './running-process.ts';
import { errorCodeOf, StackProblem } from './stack-problem.ts';

/** Lets one supervisor at a time use a data folder. A lock whose process is gone is taken over. Returns what gives it back. */
export function lockDataFolder(dataDir: string): () => void {
  const path = join(dataDir, 'lock');
  const own = JSON.stringify(identityOf(process.pid));
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (createLock(path, own)) return () => releaseLock(path, own);
    const seen = readLock(path);
    if (seen === undefined) continue;
    const owner = parseOwner(seen);
    if (owner !== undefined && isStillRunning(owner)) throw alreadyRunning(dataDir, owner);
    removeStaleLock(path, seen);
  }
  throw new StackProblem(`the lock ${path} could not be taken`, [
    'Another start was quicker; wait for it and try again.',
  ]);
}

function alreadyRunning(dataDir: string, { pid }: ProcessIdentity): StackProblem {
  return new StackProblem(`the stack is already running with ${dataDir}, as process ${pid}`, [
    `Use that one, or stop it with Ctrl-C in its terminal or \`kill ${pid}\`.`,
    'A second stack beside it needs its own --data-dir and its own ports.',
  ]);
}

function createLock(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (errorCodeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseOwner(content: string): ProcessIdentity | undefined {
  try {
    const owner: unknown = JSON.parse(content);
    return isIdentity(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isSafeInteger(value.pid) &&
    'startedAt' in value &&
    typeof value.startedAt === 'string'
  );
}

/** Two starts may find the same stale lock. Renaming first shows whether it still is the one that was looked at. */
function removeStaleLock(path: string, seen: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readLock(aside) !== seen) createLock(path, readFileSync(aside, 'utf8'));
  rmSync(aside, { force: true });
}

function releaseLock(path: string, own: string): void {
  if (readLock(path) === own) rmSync(path, { force: true });
}
