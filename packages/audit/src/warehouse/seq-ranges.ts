/** Numbers from `first` to `last`. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

/** The same numbers in as few ranges as possible, in order. */
export function merged(ranges: readonly SeqRange[]): SeqRange[] {
  const result: { first: number; last: number }[] = [];
  for (const { first, last } of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else result.push({ first, last });
  }
  return result;
}

/** The numbers of `ranges` that are in none of `others`. */
export function without(ranges: readonly SeqRange[], others: readonly SeqRange[]): SeqRange[] {
  let left = merged(ranges);
  for (const { first, last } of merged(others)) {
    left = left.flatMap((range) => {
      if (range.last < first || range.first > last) return [range];
      return [
        ...(range.first < first ? [{ first: range.first, last: first - 1 }] : []),
        ...(range.last > last ? [{ first: last + 1, last: range.last }] : []),
      ];
    });
  }
  return left;
}

export const countOf = (ranges: readonly SeqRange[]): number =>
  ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
