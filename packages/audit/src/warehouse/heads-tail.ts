import { type FileHandle, open, truncate } from 'node:fs/promises';

const BLOCK = 4096;
/** Some thirty heads. */
const LAST_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** A crash in the middle of a line leaves half a head, whose job was never answered. */
export async function cutTornTail(path: string): Promise<void> {
  await withFile(path, async (file, size) => {
    const whole = await endOfLastLine(file, size);
    if (whole < size) await truncate(path, whole);
  });
}

/** Some of the last whole lines, oldest first. */
export async function lastLines(path: string): Promise<string[]> {
  const lines: string[] = [];
  await withFile(path, async (file, size) => {
    const start = Math.max(0, size - LAST_BYTES);
    const block = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(block, 0, block.length, start);
    // Before the first newline may be half a line, behind the last one is one.
    lines.push(
      ...block
        .toString('latin1', 0, bytesRead)
        .split('\n')
        .slice(start === 0 ? 0 : 1, -1),
    );
  });
  return lines;
}

async function withFile(path: string, work: (file: FileHandle, size: number) => Promise<void>): Promise<void> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : Promise.reject(error),
  );
  if (file === undefined) return;
  try {
    await work(file, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/** Read from behind: a checkpoint's line has no limit. */
async function endOfLastLine(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(BLOCK);
  for (let end = size; end > 0; end -= BLOCK) {
    const start = Math.max(0, end - BLOCK);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(NEWLINE);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
