import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import type { Deployment } from './variable.ts';

export type SecretFile = { readonly content: string } | { readonly problem: string };

const BYTES_MAX = 64 * 1024;
const WORLD_READABLE = 0o004;

/** Reads a secret from its file. A problem is worded to follow the variable's name, and quotes neither path nor content. */
export function readSecretFile(path: string, deployment: Deployment): SecretFile {
  if (deployment === 'production' && isBelowCauseway(path)) return { problem: BELOW_CAUSEWAY };
  try {
    return readOpened(path, deployment);
  } catch {
    return { problem: 'names a file that cannot be read' };
  }
}

function readOpened(path: string, deployment: Deployment): SecretFile {
  // Without O_NONBLOCK a named pipe would hold the start for ever.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return { problem: 'names something that is not a file' };
    if (size > BYTES_MAX) return { problem: 'names a file of more than 64 KiB' };
    if (deployment === 'production' && (mode & WORLD_READABLE) !== 0) {
      return { problem: 'names a file that everyone on the machine can read' };
    }
    const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    return content === '' ? { problem: 'names an empty file' } : { content };
  } finally {
    closeSync(file);
  }
}

export const BELOW_CAUSEWAY = 'lies below .causeway/, which holds demo keys only';

/** True when the path, or what it links to, is inside the embedded stack's data folder. */
export function isBelowCauseway(path: string): boolean {
  return [resolve(path), realPath(path)].some((place) => place.split(sep).includes('.causeway'));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
