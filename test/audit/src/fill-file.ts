import { writeSync } from 'node:fs';

/** Writes until the disk has no byte left. */
export function fillFile(file: number): void {
  const block = Buffer.alloc(64 * 1024);
  for (const size of [block.length, 1]) {
    try {
      for (;;) writeSync(file, block, 0, size);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}
