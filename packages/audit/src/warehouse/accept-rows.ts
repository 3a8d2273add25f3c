import { AppError } from '@causeway/core';
import { type Checkpoint, checkpoint } from './head.ts';
import type { VerifyReport } from './verify-trail.ts';

export interface AcceptOptions {
  /** Of the trail as it is now. */
  readonly report: VerifyReport;
  readonly by: string;
  readonly reason: string;
  readonly now?: Date;
  /** Signs and keeps it outside the database. */
  readonly keepCheckpoint: (checkpoint: Checkpoint) => Promise<void>;
}

/**
 * Takes rows for a part of the trail that no worker signed, because heads were lost or somebody appended them. They are whole, each follows the one
 * before it, and what it is made of is bound by the hash of the last one. Anything else that is wrong is evidence, and there is nothing to accept.
 */
export async function acceptRows({ report, by, reason, now = new Date(), keepCheckpoint }: AcceptOptions) {
  const found = report.problems.map((problem) => {
    if (problem.kind !== 'foreign' || problem.last === undefined) {
      throw new AppError('invalid_request', `this cannot be accepted: ${problem.text}`);
    }
    const { chain, chainSeq: first, last } = problem;
    const rows = { first, last: last.chainSeq, hash: last.hash, by, reason };
    const read = checkpoint.safeParse({ chain, accepted: [rows], retired: [], months: [], at: now.toISOString() });
    if (!read.success)
      throw new AppError('invalid_request', 'name and reason are one line each, 500 characters at most');
    return { chain, rows, checkpoint: read.data };
  });
  for (const one of found) await keepCheckpoint(one.checkpoint);
  return found.map(({ chain, rows }) => ({ chain, ...rows }));
}
