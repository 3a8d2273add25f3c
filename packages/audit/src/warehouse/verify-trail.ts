import { setTimeout as delay } from 'node:timers/promises';
import { ChainCheck, type ChainProblem, type UnvouchedRange } from './chain-check.ts';
import { type AcceptedRange, CHECKPOINT_TYPE, HEAD_TYPE, type HeadKeys, isSignedLine } from './head.ts';
import type { SignedCheckpoint, SignedHead } from './heads-line.ts';
import { type Heads, readHeads } from './read-heads.ts';
import { merged, type SeqRange, without } from './seq-ranges.ts';
import type { TrailRows } from './trail-rows.ts';

export interface VerifyOptions {
  readonly trail: TrailRows;
  readonly headsPath: string;
  readonly keys: HeadKeys;
  /** Begins at the last signed head before this moment, instead of at the first row. */
  readonly since?: Date | undefined;
  readonly onProgress?: (rows: number) => void;
  /** How long rows may be ahead of the signed heads, because a worker is at work. */
  readonly graceMs?: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly rows: number;
  readonly chains: readonly {
    readonly chain: string;
    readonly rows: number;
    readonly chainSeq: number;
    readonly hash: string;
  }[];
  readonly problems: readonly (ChainProblem | HeadsProblem)[];
  /** Rows that nobody signed, and that somebody accepted. They are named for as long as they stand there. */
  readonly accepted: readonly AcceptedRows[];
}

interface AcceptedRows extends AcceptedRange {
  readonly chain: string;
  readonly at: string;
}

/** Something is wrong with the signed heads themselves. */
interface HeadsProblem {
  readonly kind: 'heads';
  readonly text: string;
}

const PROGRESS_ROWS = 10_000;
const GRACE_MS = 5000;

/** Whether the trail is what was stored: every chain from its first row, or its checkpoint, to its last signed head. */
export async function verifyTrail(options: VerifyOptions): Promise<VerifyReport> {
  const { trail, headsPath, keys } = options;
  // Rows are read after the heads, so that a head never speaks of rows that this snapshot does not have yet.
  const heads = await readHeads(headsPath);
  const names = new Set([...(await trail.chains()), ...heads.heads.map(({ chain }) => chain)]);
  const problems: (ChainProblem | HeadsProblem)[] = [];
  if (heads.unreadable > 0) problems.push(headsProblem(`${heads.unreadable} lines of the heads file cannot be read`));
  if (heads.outdated > 0) problems.push(headsProblem(`${heads.outdated} heads ${OUTDATED}`));
  const chains: VerifyReport['chains'][number][] = [];
  let seen = 0;
  for (const chain of names) {
    const { check, problems: found } = await verifyChain({ ...options, chain, heads, seen });
    problems.push(...found);
    seen += check.rows;
    chains.push({ chain, rows: check.rows, chainSeq: check.chainSeq, hash: check.hash.toString('hex') });
  }
  const signed = await signedCheckpoints(heads.checkpoints, keys);
  for (const one of heads.checkpoints) {
    if (!signed.includes(one)) {
      problems.push(headsProblem(`the checkpoint of ${one.at} has no signature of a known key`));
    }
  }
  const accepted = signed.flatMap(({ chain, at, accepted: rows = [] }) => rows.map((one) => ({ chain, at, ...one })));
  return { ok: problems.length === 0, rows: seen, chains, problems, accepted };
}

const headsProblem = (text: string): HeadsProblem => ({ kind: 'heads', text });

const OUTDATED =
  'are of an earlier version of Causeway: they do not say which rows a worker handed in, and vouch for none. In a local installation stop it, remove its data folder (.causeway) and start anew; elsewhere keep trail and heads as evidence, and begin a new trail';

interface OneChain extends VerifyOptions {
  readonly chain: string;
  readonly heads: Heads;
  readonly seen: number;
}

/** What a head says of one place in the chain. */
interface Mark {
  readonly chainSeq: number;
  readonly hash: string;
  readonly line: string;
}

/** The heads of one chain. */
interface ChainHeads {
  /** By place. */
  readonly all: readonly SignedHead[];
  readonly marks: readonly Mark[];
  /** The rows that genuine heads speak of. */
  readonly vouched: readonly SeqRange[];
  readonly problems: readonly HeadsProblem[];
}

interface ChainResult {
  readonly check: ChainCheck;
  readonly problems: readonly (ChainProblem | HeadsProblem)[];
}

async function verifyChain(options: OneChain): Promise<ChainResult> {
  const { chain, keys, since } = options;
  const heads = await headsOf(chain, options.heads, keys);
  const start = await startOf(heads.all, since, keys);
  const own = options.heads.checkpoints.filter((one) => one.chain === chain);
  const checkpoints = await signedCheckpoints(own, keys);
  const check = new ChainCheck({
    chain,
    start: start && { chainSeq: start.chain_seq, hash: Buffer.from(start.hash, 'hex') },
    heads: heads.marks,
    vouched: heads.vouched,
    retired: checkpoints.flatMap(({ retired }) => retired),
    accepted: checkpoints.flatMap(({ accepted = [] }) => accepted),
  });
  const problem = await readRows(check, start, options);
  const unvouched = await unvouchedOf(check, options);
  const found = problem === undefined ? [] : [await confirm(problem, heads.marks, keys)];
  return { check, problems: [...heads.problems, ...unvouched.map((range) => check.nameUnvouched(range)), ...found] };
}

async function readRows(
  check: ChainCheck,
  start: SignedHead | undefined,
  { trail, chain, onProgress, seen }: OneChain,
): Promise<ChainProblem | undefined> {
  for await (const row of trail.rows(chain, start?.chain_seq)) {
    const problem = check.take(row);
    if (problem !== undefined) return problem;
    if (check.rows % PROGRESS_ROWS === 0) onProgress?.(seen + check.rows);
  }
  return check.end();
}

async function headsOf(chain: string, { heads, runs }: Heads, keys: HeadKeys): Promise<ChainHeads> {
  const own = <T extends { readonly chain: string }>(some: readonly T[]) => some.filter((one) => one.chain === chain);
  const all = own(heads).toSorted((a, b) => a.chain_seq - b.chain_seq);
  const ends = own(runs);
  const { vouched, isSound } = await vouchedBy(ends, keys);
  const marks = [...all, ...ends].map(({ chain_seq: chainSeq, hash, line }) => ({ chainSeq, hash, line }));
  // What the first row of a run follows was signed as well.
  const befores = ends
    .filter(({ from }) => from > 1)
    .map(({ from, prev_hash: hash, line }) => ({ chainSeq: from - 1, hash, line }));
  const problems = isSound ? [] : [headsProblem(`a head of chain ${chain} has no signature of a known key`)];
  return { all, marks: [...marks, ...befores], vouched, problems };
}

/** The rows that signed heads speak of. A head that says nothing which another has not said is not looked at. */
async function vouchedBy(
  runs: readonly SignedHead[],
  keys: HeadKeys,
): Promise<{ readonly vouched: readonly SeqRange[]; readonly isSound: boolean }> {
  const ranges: { first: number; last: number }[] = [];
  let isSound = true;
  for (const { from, chain_seq: last, line } of runs.toSorted((a, b) => a.from - b.from || b.chain_seq - a.chain_seq)) {
    const before = ranges.at(-1);
    if (before !== undefined && last <= before.last) continue;
    if (await isSignedLine(line, HEAD_TYPE, keys)) ranges.push({ first: from, last });
    else isSound = false;
  }
  return { vouched: merged(ranges), isSound };
}

/** Rows may be a moment ahead of their heads: a worker signs right after it stored. */
async function unvouchedOf(check: ChainCheck, options: OneChain): Promise<readonly UnvouchedRange[]> {
  const { chain, headsPath, keys, graceMs = GRACE_MS } = options;
  let left = check.unvouched;
  for (const deadline = Date.now() + graceMs; left.length > 0 && Date.now() < deadline; await delay(100)) {
    const { runs } = await readHeads(headsPath);
    const newer = runs.filter((one) => one.chain === chain && !isAgainst(check, one));
    const { vouched } = await vouchedBy(newer, keys);
    left = left.flatMap(({ eventId, hash, ...range }) =>
      // Signed beyond what this snapshot has: the next run reads the rows in between.
      without([range], vouched).map((part) => ({
        ...part,
        eventId,
        hash: part.last === range.last ? hash : undefined,
      })),
    );
  }
  return left;
}

const isAgainst = (check: ChainCheck, { chain_seq, hash }: SignedHead): boolean =>
  chain_seq === check.chainSeq && hash !== check.hash.toString('hex');

/** Before rows are called rewritten or missing, the head that says so must be genuine. */
async function confirm(
  problem: ChainProblem,
  marks: readonly Mark[],
  keys: HeadKeys,
): Promise<ChainProblem | HeadsProblem> {
  const { kind, chain, chainSeq } = problem;
  if (kind !== 'rewritten' && kind !== 'missing') return problem;
  const witnesses = marks.filter((one) =>
    kind === 'rewritten' ? one.chainSeq === chainSeq : one.chainSeq >= chainSeq,
  );
  const genuine = await Promise.all(witnesses.map(({ line }) => isSignedLine(line, HEAD_TYPE, keys)));
  // A gap between two rows needs no witness.
  if (kind === 'missing' ? witnesses.length === 0 || genuine.includes(true) : genuine.every(Boolean)) return problem;
  return headsProblem(`a head of chain ${chain} at ${chainSeq} or behind it has no signature of a known key`);
}

async function startOf(
  heads: readonly SignedHead[],
  since: Date | undefined,
  keys: HeadKeys,
): Promise<SignedHead | undefined> {
  const before = heads.filter(({ at }) => since !== undefined && new Date(at) <= since).toReversed();
  for (const one of before) if (await isSignedLine(one.line, HEAD_TYPE, keys)) return one;
}

async function signedCheckpoints(
  checkpoints: readonly SignedCheckpoint[],
  keys: HeadKeys,
): Promise<readonly SignedCheckpoint[]> {
  const genuine = await Promise.all(checkpoints.map(({ line }) => isSignedLine(line, CHECKPOINT_TYPE, keys)));
  return checkpoints.filter((_, at) => genuine[at]);
}
