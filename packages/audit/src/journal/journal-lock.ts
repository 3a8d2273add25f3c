import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface JournalLock {
  release(): void;
}

/**
 * Takes the folder for this process, or returns `undefined` when another process has it. The kernel lets go of the lock when
 * the process dies, however it dies. SQLite's exclusive transaction is the only advisory file lock that Node itself offers.
 */
export function lockJournal(dir: string): JournalLock | undefined {
  const file = join(dir, 'lock');
  // SQLite would make it with the process's umask; whoever may lock it may stop the service.
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return undefined;
    throw error;
  }
}
