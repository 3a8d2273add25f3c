import { chainHash } from '../record/canonical.ts';
import { type ChainRun, joined } from './chain-run.ts';

/** What was handed to `audit.append`: record by record its id, and its leaf as the worker computed it. */
export interface HandedIn {
  readonly chain: string;
  readonly ids: readonly string[];
  readonly leaves: readonly Buffer[];
}

/** What `audit.append` says it did. */
export interface AppendAnswer {
  /** Where the chain stood before, and where it stands now. */
  readonly prevSeq: number;
  readonly prevHash: Buffer;
  readonly chainSeq: number;
  readonly hash: Buffer;
  /** The records that were there already. */
  readonly known: readonly KnownRow[];
}

export interface KnownRow {
  /** Which record of the batch, from 1. */
  readonly n: number;
  readonly chain: string;
  readonly chainSeq: number;
  readonly prevHash: Buffer;
  readonly hash: Buffer;
}

export interface Witnessed {
  /** The rows that this batch made, as one run. */
  readonly appended: readonly ChainRun[];
  /** Its rows that were there, because nobody heard how an earlier attempt ended. */
  readonly found: readonly ChainRun[];
}

/** The database did something else with a batch than what it is there for. */
export class UnfaithfulAnswer extends Error {
  override readonly name = 'UnfaithfulAnswer';

  constructor(chain: string, seq: number) {
    super(`the database has another hash for row ${seq} of chain ${chain} than its event makes`);
  }
}

/**
 * Computes the batch's part of the chain again, from the worker's own leaves. Only what comes out here is signed, and it speaks of no row that
 * the worker did not hand in. The batch of an answer that does not fit gets no receipt: its events stay in the journal.
 */
export function witness({ chain, ids, leaves }: HandedIn, answer: AppendAnswer): Witnessed {
  const { prevSeq, prevHash, chainSeq, hash, known } = answer;
  const there = new Set(known.map(({ n }) => ids[n - 1]));
  // The same event twice in a batch is one row.
  const fresh = leaves.filter((_, at) => there.size < there.add(ids[at]).size);
  const expected = fresh.reduce(chainHash, prevHash);
  if (prevSeq + fresh.length !== chainSeq || !expected.equals(hash)) throw new UnfaithfulAnswer(chain, chainSeq);
  return {
    appended: fresh.length === 0 ? [] : [{ chain, from: prevSeq + 1, prevHash, chainSeq, hash }],
    found: joined(known.map((row) => foundRun(row, leaves[row.n - 1]))),
  };
}

function foundRun({ chain, chainSeq, prevHash, hash }: KnownRow, leaf: Buffer | undefined): ChainRun {
  if (leaf === undefined || !chainHash(prevHash, leaf).equals(hash)) throw new UnfaithfulAnswer(chain, chainSeq);
  return { chain, from: chainSeq, prevHash, chainSeq, hash };
}
