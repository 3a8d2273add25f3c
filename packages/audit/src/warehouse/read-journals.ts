import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lastSeqOf, readFolder, readProducer } from '../journal/journal-folder.ts';
import type { SeqRange } from './seq-ranges.ts';

/** What one producer's journal holds just now. */
export interface JournalSide {
  readonly producer: string;
  readonly dir: string;
  readonly waiting: readonly SeqRange[];
  /** The last number that it gave out, as far as its names say. */
  readonly last: number;
}

/** The journals below a folder, or in it. They are only looked at, so their processes may be running. */
export function readJournals(dir: string): JournalSide[] {
  const below = readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [join(dir, entry.name)] : [],
  );
  return [dir, ...below].flatMap((folder) => {
    const producer = readProducer(folder);
    return producer === undefined ? [] : [{ producer, dir: folder, ...readOne(folder) }];
  });
}

// A segment may be closed, or its batch be stored, between the look at the folder and the look into the file.
function readOne(dir: string): Pick<JournalSide, 'waiting' | 'last'> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { batches, stored, open } = readFolder(dir);
      const written = open.flatMap(({ first, file }) => {
        const last = lastSeqOf(file);
        return last === undefined ? [] : [{ first, last }];
      });
      const waiting = [...batches.map(({ first, last }) => ({ first, last })), ...written];
      return { waiting, last: Math.max(0, ...[...waiting, ...stored].map(({ last }) => last)) };
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isGone || attempt === 5) throw error;
    }
  }
}
