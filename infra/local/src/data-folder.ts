import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { errorCodeOf, StackProblem } from './stack-problem.ts';

/** Makes the data folder and proves that it can be written, before anything else is tried. */
export function openDataFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    mkdirSync(join(dataDir, 'logs'), { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    accessSync(join(dataDir, 'logs'), constants.W_OK | constants.X_OK);
    // Under root the database runs as somebody else, who must pass through; what is inside has modes of its own.
    chmodSync(dataDir, isRoot() ? 0o711 : 0o700);
  } catch (error) {
    throw notWritable(dataDir, error);
  }
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function notWritable(dataDir: string, error: unknown): StackProblem {
  const code = errorCodeOf(error);
  if (code === 'EEXIST' || code === 'ENOTDIR') {
    return new StackProblem(
      `${dataDir} is not a folder`,
      ['Move that file away, or choose another place with --data-dir.'],
      error,
    );
  }
  if (code === 'ENOSPC')
    return new StackProblem(`no space left for ${dataDir}`, ['Free some space and start again.'], error);
  const owner = ownerOf(dataDir);
  return new StackProblem(
    `no permission to write ${dataDir}`,
    [
      owner === 0
        ? `It belongs to root, so it was made by a start with sudo: \`sudo chown -R $(id -u) ${dataDir}\` gives it to you.`
        : 'Make it writable for you, or choose another place with --data-dir.',
    ],
    error,
  );
}

function ownerOf(dataDir: string): number | undefined {
  try {
    return statSync(dataDir).uid;
  } catch {
    return dataDir === dirname(dataDir) ? undefined : ownerOf(dirname(dataDir));
  }
}
