import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countOf, merged, type SeqRange, without } from './seq-ranges.ts';

const ranges = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 12 }))
    .map(([first, more]) => ({ first, last: first + more })),
  { maxLength: 8 },
);
const numbersOf = (list: readonly SeqRange[]) =>
  new Set(list.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, n) => first + n)));

test('merged ranges hold the same numbers, apart from each other and in order', () => {
  fc.assert(
    fc.property(ranges, (list) => {
      const result = merged(list);
      expect(numbersOf(result)).toEqual(numbersOf(list));
      expect(countOf(result)).toBe(numbersOf(list).size);
      for (const [n, range] of result.entries()) expect(range.first).toBeGreaterThan((result[n - 1]?.last ?? -1) + 1);
    }),
  );
});

test('one list without another holds exactly the difference', () => {
  fc.assert(
    fc.property(ranges, ranges, (list, others) => {
      expect(numbersOf(without(list, others))).toEqual(
        new Set([...numbersOf(list)].filter((n) => !numbersOf(others).has(n))),
      );
    }),
  );
});
