import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isScope, narrowScopes, SCOPES } from './scope.ts';

const scopes = fc.subarray([...SCOPES], { minLength: 0 });

test('narrowing never gives a scope that one list lacks, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(scopes, { minLength: 1, maxLength: 4 }), (lists) => {
      const narrowed = narrowScopes(...lists);
      for (const scope of SCOPES) expect(narrowed.includes(scope)).toBe(lists.every((list) => list.includes(scope)));
      expect(narrowScopes(...lists.toReversed())).toEqual(narrowed);
    }),
  );
});

test('no list at all gives nothing', () => expect(narrowScopes()).toEqual([]));

test.each(['SQL', 'sql ', '', '__proto__', 'admin'])('%j is no scope', (name) => expect(isScope(name)).toBe(false));
