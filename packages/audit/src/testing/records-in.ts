import { readFileSync } from 'node:fs';
import { readFolder } from '../journal/journal-folder.ts';
import { readSegment } from '../journal/journal-line.ts';
import type { AuditRecord } from '../record/record.ts';

/** The records that a producer's folder holds, in order, as a reader without its lock sees them. */
export function recordsIn(dir: string): AuditRecord[] {
  const { batches, open } = readFolder(dir);
  const files = [...batches, ...open].toSorted((a, b) => a.first - b.first).map(({ file }) => file);
  return files
    .flatMap((file) => readSegment(readFileSync(file)))
    .map(({ json }) => JSON.parse(json.toString()) as AuditRecord);
}
