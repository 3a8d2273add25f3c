/** Rows of a chain that follow each other: from the one behind `prevHash` to `chainSeq`, whose hash is `hash`. */
export interface ChainRun {
  readonly chain: string;
  readonly from: number;
  readonly prevHash: Buffer;
  readonly chainSeq: number;
  readonly hash: Buffer;
}

/** The same rows in as few runs as they make, in order of their first row. */
export function joined(runs: readonly ChainRun[]): ChainRun[] {
  const result: ChainRun[] = [];
  for (const run of runs.toSorted((a, b) => a.from - b.from || b.chainSeq - a.chainSeq)) {
    const at = result.findIndex((one) => isFollowedBy(one, run));
    const before = result[at];
    if (before === undefined) result.push(run);
    else result[at] = { ...before, chainSeq: run.chainSeq, hash: run.hash };
  }
  return result;
}

const isFollowedBy = (one: ChainRun, next: ChainRun): boolean =>
  one.chain === next.chain && one.chainSeq + 1 === next.from && one.hash.equals(next.prevHash);

export const overlap = (a: ChainRun, b: ChainRun): boolean =>
  a.chain === b.chain && a.from <= b.chainSeq && b.from <= a.chainSeq;

const isWithin = (run: ChainRun, other: ChainRun): boolean =>
  run.chain === other.chain && other.from <= run.from && run.chainSeq <= other.chainSeq;

/** Whether `other` says all that `run` says: its last hash is made of all its rows. */
export const isSaidBy = (run: ChainRun, other: ChainRun): boolean =>
  isWithin(run, other) && run.chainSeq === other.chainSeq && run.hash.equals(other.hash);

/** Without those that lie within another. */
export const outermost = (runs: readonly ChainRun[]): ChainRun[] =>
  runs.filter(
    (run, at) => !runs.some((other, n) => n !== at && isWithin(run, other) && !(n < at && isWithin(other, run))),
  );
