import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { withProgress } from './with-progress.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('long work says how far it is, on stderr, until it ends; short work says nothing', async () => {
  const said: string[] = [];
  const stderr = { write: (text: string) => said.push(text) };
  let rows = 0;
  const work = Promise.withResolvers<string>();
  const answer = withProgress(
    { stderr },
    () => `${rows} rows so far`,
    () => work.promise,
  );
  await vi.advanceTimersByTimeAsync(4999);
  expect(said).toEqual([]);
  rows = 12;
  await vi.advanceTimersByTimeAsync(5001);
  expect(said).toEqual(['12 rows so far (5 s)\n', '12 rows so far (10 s)\n']);
  work.resolve('done');
  expect(await answer).toBe('done');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said).toHaveLength(2);
});

test('work that fails is not reported on any more', async () => {
  const stderr = { write: vi.fn<(text: string) => void>() };
  const failing = withProgress(
    { stderr },
    () => 'at work',
    () => Promise.reject(new Error('no')),
  );
  await expect(failing).rejects.toThrow('no');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(stderr.write).not.toHaveBeenCalled();
});
