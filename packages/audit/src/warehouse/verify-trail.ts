import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { BASE } from './audit-names.ts';
import { ChainCheck, type ChainProblem } from './chain-check.ts';
import { CHECKPOINT_TYPE, HEAD_TYPE, type HeadKeys, isSignedLine, type RetiredRange } from './head.ts';
import { type Heads, readHeads, type SignedHead } from './read-heads.ts';
import { streamRows } from './stored-row.ts';

export interface VerifyOptions {
  readonly client: pg.ClientBase;
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
}

/** Something is wrong with the signed heads themselves. */
interface HeadsProblem {
  readonly kind: 'heads';
  readonly text: string;
}

/** Also those that stand in rows only, which the worker never makes: found by jumping from one to the next in the index. */
const CHAINS = `WITH RECURSIVE named(chain) AS (
  SELECT min(chain) FROM ${BASE}.tool_calls
  UNION ALL SELECT (SELECT min(t.chain) FROM ${BASE}.tool_calls t WHERE t.chain > named.chain) FROM named WHERE named.chain IS NOT NULL
) SELECT chain FROM named WHERE chain IS NOT NULL UNION SELECT chain FROM ${BASE}.chains ORDER BY chain`;

const PROGRESS_ROWS = 10_000;
const GRACE_MS = 5000;

/** Whether the trail is what was stored: every chain from its first row, or its checkpoint, to its last signed head. */
export async function verifyTrail(options: VerifyOptions): Promise<VerifyReport> {
  const { client, headsPath, keys } = options;
  // Rows are read after the heads, so that a head never speaks of rows that this snapshot does not have yet.
  const heads = await readHeads(headsPath);
  const { rows } = await client.query<{ chain: string }>(CHAINS);
  const names = new Set([...rows.map(({ chain }) => chain), ...heads.heads.map(({ chain }) => chain)]);
  const problems: (ChainProblem | HeadsProblem)[] = [];
  if (heads.unreadable > 0) problems.push(headsProblem(`${heads.unreadable} lines of the heads file cannot be read`));
  const chains: VerifyReport['chains'][number][] = [];
  let seen = 0;
  for (const chain of names) {
    const { check, problem } = await verifyChain({ ...options, chain, heads, seen });
    problems.push(...problem);
    seen += check.rows;
    chains.push({ chain, rows: check.rows, chainSeq: check.chainSeq, hash: check.hash.toString('hex') });
  }
  const retired = await Promise.all(
    heads.checkpoints.map(async ({ line, at }) =>
      (await isSignedLine(line, CHECKPOINT_TYPE, keys))
        ? []
        : [headsProblem(`the checkpoint of ${at} has no signature of a known key`)],
    ),
  );
  problems.push(...retired.flat());
  return { ok: problems.length === 0, rows: seen, chains, problems };
}

const headsProblem = (text: string): HeadsProblem => ({ kind: 'heads', text });

interface OneChain extends VerifyOptions {
  readonly chain: string;
  readonly heads: Heads;
  readonly seen: number;
}

async function verifyChain(
  options: OneChain,
): Promise<{ check: ChainCheck; problem: (ChainProblem | HeadsProblem)[] }> {
  const { client, chain, keys, since, onProgress, seen } = options;
  const all = options.heads.heads.filter((one) => one.chain === chain).toSorted((a, b) => a.chain_seq - b.chain_seq);
  const start = await startOf(all, since, keys);
  const retired = await retiredOf(options);
  const check = checkOf(chain, { heads: all, start, retired });
  // From the very beginning, numbers that no worker gives come first, and are named.
  const [where, values] =
    start === undefined ? ['chain = $1', [chain]] : ['chain = $1 AND chain_seq > $2', [chain, start.chain_seq]];
  const query = { where, values, order: 'chain_seq, event_id' };
  for await (const row of streamRows(client, query)) {
    const problem = check.take(row);
    if (problem !== undefined) return { check, problem: [await confirm(problem, all, keys)] };
    if (check.rows % PROGRESS_ROWS === 0) onProgress?.(seen + check.rows);
  }
  const problem = await endOf(check, options, all);
  if (problem !== undefined) return { check, problem: [await confirm(problem, all, keys)] };
  const last = all.at(-1);
  const isSigned = last === undefined || (await isSignedLine(last.line, HEAD_TYPE, keys));
  return {
    check,
    problem: isSigned ? [] : [headsProblem(`the last head of chain ${chain} has no signature of a known key`)],
  };
}

interface CheckParts {
  readonly heads: readonly SignedHead[];
  readonly start: SignedHead | undefined;
  readonly retired: readonly RetiredRange[];
}

function checkOf(chain: string, { heads, start, retired }: CheckParts): ChainCheck {
  return new ChainCheck({
    chain,
    start: start && { chainSeq: start.chain_seq, hash: Buffer.from(start.hash, 'hex') },
    heads: heads.map(({ chain_seq: chainSeq, hash }) => ({ chainSeq, hash })),
    retired,
  });
}

/** The last row may be a moment ahead of its head: a worker signs right after it stored. */
async function endOf(
  check: ChainCheck,
  options: OneChain,
  heads: readonly SignedHead[],
): Promise<ChainProblem | undefined> {
  const problem = check.end();
  if (problem?.kind !== 'unsigned') return problem;
  const { chain, headsPath, keys, graceMs = GRACE_MS } = options;
  const last = heads.at(-1)?.chain_seq ?? 0;
  for (const deadline = Date.now() + graceMs; Date.now() < deadline; await delay(100)) {
    const newer = (await readHeads(headsPath)).heads.filter((one) => one.chain === chain && one.chain_seq > last);
    if (await isCovered(check, newer, keys)) return undefined;
  }
  return problem;
}

async function isCovered(check: ChainCheck, newer: readonly SignedHead[], keys: HeadKeys): Promise<boolean> {
  const exact = newer.find((one) => one.chain_seq === check.chainSeq);
  if (exact !== undefined && exact.hash !== check.hash.toString('hex')) return false;
  // Signed beyond what this snapshot has: the next run reads the rows in between.
  for (const { chain_seq, line } of newer)
    if (chain_seq >= check.chainSeq && (await isSignedLine(line, HEAD_TYPE, keys))) return true;
  return false;
}

/** Before rows are called rewritten or missing, the head that says so must be genuine. */
async function confirm(
  problem: ChainProblem,
  heads: readonly SignedHead[],
  keys: HeadKeys,
): Promise<ChainProblem | HeadsProblem> {
  const { kind, chain, chainSeq } = problem;
  if (kind !== 'rewritten' && kind !== 'missing') return problem;
  const witnesses = heads.filter((one) =>
    kind === 'rewritten' ? one.chain_seq === chainSeq : one.chain_seq >= chainSeq,
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

async function retiredOf({ heads, chain, keys }: OneChain): Promise<RetiredRange[]> {
  const signed = await Promise.all(
    heads.checkpoints
      .filter((one) => one.chain === chain)
      .map(async ({ line, retired }) => ((await isSignedLine(line, CHECKPOINT_TYPE, keys)) ? retired : [])),
  );
  return signed.flat();
}
