import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JWK } from 'jose';
import { type ChainRun, isSaidBy, joined, outermost, overlap } from './chain-run.ts';
import { type Checkpoint, HEAD_TYPE, type HeadSigner, isSignedLine, readHeadKeys, runOf } from './head.ts';
import { dropLines, readHeadsLine } from './heads-line.ts';
import { keysPath } from './heads-paths.ts';
import { cutTornTail, lastLines } from './heads-tail.ts';
import type { Witnessed } from './witness.ts';

export interface HeadsFileOptions {
  readonly path: string;
  readonly signer: HeadSigner;
  readonly now?: () => Date;
  /** Hears of new rows with numbers that were signed for others: somebody set the database back. */
  readonly onSetBack?: (run: ChainRun) => void;
}

/** Numbers of a chain whose rows are all gone. */
export interface RetiredPrefix {
  readonly chain: string;
  readonly upTo: number;
}

interface Waiting<T> {
  readonly what: T;
  readonly done: PromiseWithResolvers<void>;
}

/** Runs that a later batch may still continue: what is heard of batches that were worked on at once comes in any order. */
const RUNS_MAX = 16;

/**
 * What this worker has seen of the chains, signed, outside the database: whoever owns the database can rewrite the table but not this. A batch
 * that follows what the worker signed before makes that run longer. Any other begins a run of its own: rows between the two are
 * vouched for by the worker that handed them in, or by nobody. One writer per file; batches that come while one is written share its lines.
 */
export class HeadsFile {
  readonly #options: Required<HeadsFileOptions>;
  #waiting: Waiting<ChainRun>[] = [];
  readonly #outdated: Waiting<RetiredPrefix>[] = [];
  /** On the disk, and signed with this key. */
  #runs: readonly ChainRun[] = [];
  #isWriting = false;
  #isTorn = true;

  constructor(options: HeadsFileOptions) {
    this.#options = { now: () => new Date(), onSetBack: () => undefined, ...options };
  }

  /** Makes the folder, adds the public key to those that the file was ever signed with, and reads what was signed last. */
  async prepare(): Promise<void> {
    const { path, signer } = this.#options;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = keysPath(path);
    const known = await readFile(file, 'utf8').then(
      (text) => (JSON.parse(text) as { keys: JWK[] }).keys,
      (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? [] : Promise.reject(error)),
    );
    if (!known.some(({ kid }) => kid === signer.publicJwk.kid)) {
      const text = JSON.stringify({ keys: [...known, signer.publicJwk] }, null, 2);
      await writeFile(`${file}.new`, text, { flush: true, mode: 0o600 });
      await rename(`${file}.new`, file);
    }
    this.#runs = await lastRuns(path, signer);
  }

  /** Resolves when signed heads of these rows are on the disk. */
  async anchor({ appended, found }: Witnessed): Promise<void> {
    for (const run of appended) this.#noticeSetBack(run);
    await Promise.all([...found, ...appended].map((what) => this.#enqueue(this.#waiting, what)));
  }

  /** Drops the heads that speak of no other rows. */
  forget(retired: RetiredPrefix): Promise<void> {
    return this.#enqueue(this.#outdated, retired);
  }

  /** Whether the file can be written. */
  async check(): Promise<void> {
    await (await open(this.#options.path, 'a', 0o600)).close();
  }

  async writeCheckpoint(checkpoint: Checkpoint): Promise<void> {
    await this.#append([await this.#options.signer.signCheckpoint(checkpoint)]);
  }

  #noticeSetBack(run: ChainRun): void {
    const others = this.#runs.filter((one) => !overlap(one, run));
    if (others.length === this.#runs.length) return;
    this.#runs = others;
    this.#options.onSetBack(run);
  }

  #enqueue<T>(queue: Waiting<T>[], what: T): Promise<void> {
    const done = Promise.withResolvers<void>();
    queue.push({ what, done });
    if (!this.#isWriting) void this.#writeAll();
    return done.promise;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    // Whoever comes in the same turn shares the lines.
    await Promise.resolve();
    while (this.#waiting.length + this.#outdated.length > 0) {
      const waiting = this.#waiting.splice(0);
      await answer(waiting, () => this.#signAll(waiting.map(({ what }) => what)));
      const outdated = this.#outdated.splice(0);
      await answer(outdated, () => this.#dropAll(outdated.map(({ what }) => what)));
    }
    // In the same breath as the last look at who waits: one who comes a moment later must begin anew.
    this.#isWriting = false;
  }

  async #signAll(runs: readonly ChainRun[]): Promise<void> {
    const { signer, now } = this.#options;
    const before = this.#runs;
    const after = joined([...before, ...runs]);
    const fresh = after.filter((run) => !before.some((one) => isSaidBy(run, one)));
    await this.#append(await Promise.all(fresh.map((run) => signer.signHead(run, now()))));
    this.#runs = outermost(after)
      .toSorted((a, b) => a.chainSeq - b.chainSeq)
      .slice(-RUNS_MAX);
  }

  async #dropAll(retired: readonly RetiredPrefix[]): Promise<void> {
    const { path } = this.#options;
    await dropLines(path, (line) => {
      const read = readHeadsLine(line);
      if (read === undefined || 'retired' in read) return false;
      return retired.some(({ chain, upTo }) => chain === read.chain && read.chain_seq <= upTo);
    });
  }

  // Opened each time, so that a file that was rotated away or removed is begun anew.
  async #append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { path } = this.#options;
    if (this.#isTorn) await cutTornTail(path);
    this.#isTorn = true;
    const file = await open(path, 'a', 0o600);
    try {
      await file.write(`${lines.join('\n')}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    this.#isTorn = false;
  }
}

async function answer<T>(waiting: readonly Waiting<T>[], work: () => Promise<void>): Promise<void> {
  if (waiting.length === 0) return;
  try {
    await work();
    for (const { done } of waiting) done.resolve();
  } catch (error) {
    for (const { done } of waiting) done.reject(error);
  }
}

/** Only what this key signed is continued: nobody else's word becomes the worker's own. */
async function lastRuns(path: string, { publicJwk }: HeadSigner): Promise<ChainRun[]> {
  const keys = await readHeadKeys(JSON.stringify(publicJwk));
  const runs: ChainRun[] = [];
  for (const line of await lastLines(path)) {
    const read = readHeadsLine(line);
    if (read === undefined || 'retired' in read || !(await isSignedLine(line, HEAD_TYPE, keys))) continue;
    runs.push(runOf(read));
  }
  return outermost(runs).slice(-RUNS_MAX);
}
