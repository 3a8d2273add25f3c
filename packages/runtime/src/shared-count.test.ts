import { expect, test } from 'vitest';
import { sharedCount } from './shared-count.ts';

test('the store counts, and does not learn who asks', async () => {
  const kept = new Map<string, number>();
  const shared = sharedCount({
    penalty: async (key, points) => {
      kept.set(key, (kept.get(key) ?? 0) + points);
      return { consumedPoints: kept.get(key) ?? 0, msBeforeNext: 5 };
    },
  });
  expect(await shared.add('mona@fabrikam.example', 2)).toEqual({ total: 2, endsInMs: 5 });
  expect(await shared.add('mona@fabrikam.example', 3)).toEqual({ total: 5, endsInMs: 5 });
  expect(await shared.add('felix@fabrikam.example', 1)).toEqual({ total: 1, endsInMs: 5 });
  expect([...kept.keys()].join(' ')).not.toContain('fabrikam');
});
