import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import {
  type Checkpoint,
  checkpoint,
  CHECKPOINT_TYPE,
  type Head,
  head,
  HEAD_TYPE,
  type HeadKeys,
  readHeadKeys,
} from './head.ts';
import { keysPath } from './heads-file.ts';

export interface SignedHead extends Head {
  readonly line: string;
}

interface SignedCheckpoint extends Checkpoint {
  readonly line: string;
}

export interface Heads {
  readonly heads: readonly SignedHead[];
  readonly checkpoints: readonly SignedCheckpoint[];
  /** Lines that are neither. */
  readonly unreadable: number;
}

/** Enough to say closely where a trail was rewritten; the last one alone vouches for all rows before it. */
const HEADS_MAX = 20_000;

/**
 * Heads as they stand in a file, or in every `.jsonl` of a folder (one worker, one file). Signatures are for the caller to check. A file
 * grows by a line with each batch, so it is streamed, and of very many heads of a chain only some are kept: always the furthest.
 */
export async function readHeads(path: string, headsMax = HEADS_MAX): Promise<Heads> {
  const chains = new Map<string, SignedHead[]>();
  const checkpoints: SignedCheckpoint[] = [];
  let unreadable = 0;
  for (const file of await headsFiles(path)) {
    for await (const line of wholeLines(file)) {
      const read = readLine(line);
      if (read === undefined) unreadable += 1;
      else if ('retired' in read) checkpoints.push(read);
      else {
        const heads = chains.get(read.chain) ?? [];
        heads.push(read);
        chains.set(read.chain, heads.length > headsMax ? thinned(heads) : heads);
      }
    }
  }
  return { heads: [...chains.values()].flat(), checkpoints, unreadable };
}

function thinned(heads: readonly SignedHead[]): SignedHead[] {
  const furthest = heads.reduce((one, other) => (other.chain_seq > one.chain_seq ? other : one));
  return heads.filter((one, at) => at % 2 === 0 || one === furthest);
}

/** What stands behind the last newline is still being written. */
async function* wholeLines(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter(Boolean);
  }
}

/** The public keys that the workers put beside their heads. */
export async function readKeysBeside(path: string): Promise<HeadKeys> {
  const keys = await Promise.all(
    (await headsFiles(path)).map(async (file) => readHeadKeys(await readFile(keysPath(file), 'utf8'))),
  );
  return new Map(keys.flatMap((some) => [...some]));
}

/** Where retention writes, so that a worker's file has no second writer. */
export async function checkpointsPath(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? join(path, CHECKPOINTS) : `${path}.${CHECKPOINTS}`;
}

const CHECKPOINTS = 'checkpoints.jsonl';

async function headsFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) {
    const checkpoints = await checkpointsPath(path);
    return existsSync(checkpoints) ? [path, checkpoints] : [path];
  }
  return (await readdir(path)).filter((name) => name.endsWith('.jsonl')).map((name) => join(path, name));
}

function readLine(line: string): SignedHead | SignedCheckpoint | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(line.split('.')[1] ?? '', 'base64url').toString());
    const { typ } = decodeProtectedHeader(line);
    if (typ === HEAD_TYPE) return { ...head.parse(payload), line };
    if (typ === CHECKPOINT_TYPE) return { ...checkpoint.parse(payload), line };
  } catch {
    // Counted by the caller.
  }
}
