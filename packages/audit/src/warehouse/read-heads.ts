import { readFile } from 'node:fs/promises';
import { type HeadKeys, readHeadKeys } from './head.ts';
import { isOutdatedHead, readHeadsLine, type SignedCheckpoint, type SignedHead, wholeLines } from './heads-line.ts';
import { headsFiles, keysPath } from './heads-paths.ts';

export interface Heads {
  readonly heads: readonly SignedHead[];
  /** Of the heads that a worker signed while its run grew, the furthest: it vouches for all that the others do. */
  readonly runs: readonly SignedHead[];
  readonly checkpoints: readonly SignedCheckpoint[];
  /** Lines that are neither. */
  readonly unreadable: number;
  /** Heads of the form that named no first row. */
  readonly outdated: number;
}

/** Enough to say closely where a trail was rewritten; the last one of a run alone vouches for all its rows. */
const HEADS_MAX = 20_000;

/**
 * Heads as they stand in a file, or in every `.jsonl` of a folder (one worker, one file). Signatures are for the caller to check. A file
 * grows by a line with each batch, so it is streamed, and of very many heads of a chain only some are kept; of runs, all.
 */
export async function readHeads(path: string, headsMax = HEADS_MAX): Promise<Heads> {
  const chains = new Map<string, SignedHead[]>();
  const runs = new Map<string, SignedHead>();
  const checkpoints: SignedCheckpoint[] = [];
  const unread = { unreadable: 0, outdated: 0 };
  for (const file of await headsFiles(path)) {
    for await (const line of wholeLines(file)) {
      if (line === '') continue;
      const read = readHeadsLine(line);
      if (read === undefined) unread[kindOfUnread(line)] += 1;
      else if ('retired' in read) checkpoints.push(read);
      else {
        const heads = chains.get(read.chain) ?? [];
        heads.push(read);
        chains.set(read.chain, heads.length > headsMax ? heads.filter((_, at) => at % 2 === 0) : heads);
        keepFurthest(runs, read);
      }
    }
  }
  return { heads: [...chains.values()].flat(), runs: [...runs.values()], checkpoints, ...unread };
}

const kindOfUnread = (line: string) => (isOutdatedHead(line) ? 'outdated' : 'unreadable');

function keepFurthest(runs: Map<string, SignedHead>, read: SignedHead): void {
  // The key is a part of it: a head that a stranger signed must not stand in for the worker's own.
  const run = [read.chain, read.from, read.prev_hash, read.line.split('.')[0]].join(' ');
  const known = runs.get(run);
  if (known === undefined || known.chain_seq < read.chain_seq) runs.set(run, read);
}

/** The public keys that the workers put beside their heads. */
export async function readKeysBeside(path: string): Promise<HeadKeys> {
  const keys = await Promise.all(
    (await headsFiles(path)).map(async (file) => readHeadKeys(await readFile(keysPath(file), 'utf8'))),
  );
  return new Map(keys.flatMap((some) => [...some]));
}
