import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readPolicyFile } from './policy-file.ts';

interface Seen {
  readonly mark: string;
  readonly text: string;
}

export interface PolicyReaderDeps {
  readonly now: () => number;
  readonly look: (file: string) => Promise<BigIntStats>;
  readonly read: (file: string) => Promise<string>;
}

const DEPS: PolicyReaderDeps = { now: Date.now, look: (file) => stat(file, { bigint: true }), read: readPolicyFile };

/** A file that was changed so lately may have been changed once more within one tick of its clock. */
const SETTLED_MS = 2000;

/**
 * Reads the file only when something about it is new: a look twice a second is most of what an idle process does. The mark is of the
 * file that the name leads to now, so a swapped link is another file.
 */
export function createPolicyReader({ now, look, read }: PolicyReaderDeps = DEPS): (file: string) => Promise<string> {
  let seen: Seen | undefined;
  return async (file) => {
    const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await look(file);
    const mark = [file, dev, ino, size, mtimeNs, ctimeNs].join(' ');
    if (seen?.mark === mark) return seen.text;
    const text = await read(file);
    seen = now() - Number(ctimeMs) > SETTLED_MS ? { mark, text } : undefined;
    return text;
  };
}
