import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

/**
 * From now on this process finds the disk full when the folder holds this many bytes: every `writeSync` but to the standard streams. It
 * stands in for a small disk where none may be mounted.
 */
export function shrinkDisk(dir: string, bytesMax: number): void {
  const writeSync = fs.writeSync as (fd: number, ...rest: unknown[]) => number;
  const limited = (fd: number, bytes: Buffer, at = 0, ...rest: unknown[]): number => {
    if (fd <= 2) return writeSync(fd, bytes, ...(at === 0 ? [] : [at]), ...rest);
    const room = bytesMax - sizeOf(dir);
    if (room <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    // As a disk does it: what still fits is written.
    return writeSync(fd, bytes, at, Math.min(room, bytes.length - at));
  };
  fs.writeSync = limited as typeof fs.writeSync;
  // Those who import by name see it too.
  syncBuiltinESMExports();
}

function sizeOf(dir: string): number {
  const files = fs.readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + sizeOfFile(join(parentPath, name)), 0);
}

const sizeOfFile = (file: string): number => fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
