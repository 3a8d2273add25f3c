import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const CHECKPOINTS = 'checkpoints.jsonl';

/** The files at a path of heads: a worker's file and the checkpoints beside it, or all of a folder, one for each worker. */
export async function headsFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) {
    const checkpoints = await checkpointsPath(path);
    return existsSync(checkpoints) ? [path, checkpoints] : [path];
  }
  return (await readdir(path)).filter((name) => name.endsWith('.jsonl')).map((name) => join(path, name));
}

/** Where retention writes, so that a worker's file has no second writer. */
export async function checkpointsPath(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? join(path, CHECKPOINTS) : `${path}.${CHECKPOINTS}`;
}

/** Where the public keys of a heads file are kept beside it. */
export const keysPath = (path: string): string => `${path}.keys.json`;
