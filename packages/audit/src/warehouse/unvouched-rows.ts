import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CHECKPOINT_TYPE, isSignedLine } from './head.ts';
import type { RetiredPrefix } from './heads-file.ts';
import { readHeadsLine, type SignedCheckpoint, type SignedHead, wholeLines } from './heads-line.ts';
import { headsFiles } from './heads-paths.ts';
import { readKeysBeside } from './read-heads.ts';
import { merged, type SeqRange, without } from './seq-ranges.ts';

/** Rows of a chain that no worker signed, although it went on behind them. */
export interface UnvouchedRows extends SeqRange {
  readonly chain: string;
  /** When that was seen first. */
  readonly since: number;
}

interface Seen {
  readonly inode: number;
  /** How much of the file was read. */
  bytes: number;
}

interface ChainSeen {
  vouched: SeqRange[];
  retired: SeqRange[];
}

/**
 * Watches the heads of all workers of a folder for rows that nobody handed in. It says early what `verify` proves: signatures of heads are
 * not checked here, because whoever writes into this folder could as well take heads away.
 */
export class UnvouchedRowsWatch {
  readonly #dir: string;
  readonly #now: () => number;
  readonly #files = new Map<string, Seen>();
  readonly #chains = new Map<string, ChainSeen>();
  #rows: readonly UnvouchedRows[] = [];

  constructor(path: string, now: () => number = Date.now) {
    this.#dir = dirname(path);
    this.#now = now;
  }

  /** Reads what is new in the folder. */
  async scan(): Promise<void> {
    for (const file of await headsFiles(this.#dir)) await this.#read(file);
    const before = this.#rows;
    this.#rows = [...this.#chains].flatMap(([chain, { vouched, retired }]) =>
      holesIn([...vouched, ...retired]).map((hole) => ({ chain, ...hole, since: this.#sinceOf(before, chain, hole) })),
    );
  }

  /** What has been unvouched for at least so long: a worker that died before it signed has a successor by then. */
  olderThan(ms: number): readonly UnvouchedRows[] {
    return this.#rows.filter(({ since }) => this.#now() - since >= ms);
  }

  /** Up to where the rows of each chain are gone, so that nobody needs their heads. */
  get retired(): readonly RetiredPrefix[] {
    return [...this.#chains].flatMap(
      ([
        chain,
        {
          retired: [first],
        },
      ]) => (first?.first === 1 ? [{ chain, upTo: first.last }] : []),
    );
  }

  #sinceOf(before: readonly UnvouchedRows[], chain: string, { first }: SeqRange): number {
    const known = before.find((one) => one.chain === chain && one.first <= first && first <= one.last);
    return known?.since ?? this.#now();
  }

  async #read(file: string): Promise<void> {
    const { ino, size } = await stat(file);
    const known = this.#files.get(file);
    const seen = known?.inode === ino && known.bytes <= size ? known : { inode: ino, bytes: 0 };
    this.#files.set(file, seen);
    const ranges = new Map<string, SeqRange[]>();
    for await (const line of wholeLines(file, seen.bytes)) {
      seen.bytes += line.length + 1;
      const read = readHeadsLine(line);
      if (read === undefined) continue;
      if ('retired' in read) await this.#retire(read);
      else push(ranges, read);
    }
    for (const [chain, some] of ranges) this.#vouch(chain, some);
  }

  #vouch(chain: string, ranges: readonly SeqRange[]): void {
    const one = this.#chainOf(chain);
    one.vouched = merged([...one.vouched, ...ranges]);
  }

  async #retire({ chain, retired, accepted = [], line }: SignedCheckpoint): Promise<void> {
    if (!(await isSignedLine(line, CHECKPOINT_TYPE, await readKeysBeside(this.#dir)))) return;
    const one = this.#chainOf(chain);
    one.retired = merged([...one.retired, ...retired]);
    one.vouched = merged([...one.vouched, ...accepted]);
  }

  #chainOf(chain: string): ChainSeen {
    const known = this.#chains.get(chain);
    if (known !== undefined) return known;
    const one: ChainSeen = { vouched: [], retired: [] };
    this.#chains.set(chain, one);
    return one;
  }
}

// A run that grew is one range, however many heads it has.
function push(ranges: Map<string, SeqRange[]>, { chain, from, chain_seq }: SignedHead): void {
  const some = ranges.get(chain) ?? [];
  if (some.at(-1)?.first === from) some.pop();
  some.push({ first: from, last: chain_seq });
  ranges.set(chain, some);
}

function holesIn(ranges: readonly SeqRange[]): SeqRange[] {
  const last = ranges.reduce((furthest, range) => Math.max(furthest, range.last), 0);
  return without([{ first: 1, last }], ranges);
}
