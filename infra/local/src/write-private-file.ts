import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';

/** Whole or not at all, and readable by its owner alone from the first byte. */
export function writePrivateFile(path: string, content: string): void {
  const staged = `${path}.new`;
  const file = openSync(staged, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(staged, path);
}
