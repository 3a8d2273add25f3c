import { expect, test } from 'vitest';
import { LeasedWindow, type SharedCount } from './leased-window.ts';

/** One window for all replicas, as a store keeps it. */
function sharedCount(now: () => number) {
  const windows = new Map<string, { total: number; endsAt: number }>();
  const seen = { asked: 0 };
  const shared: SharedCount = {
    add: async (key, points) => {
      seen.asked += 1;
      const window = windows.get(key);
      const current = window !== undefined && window.endsAt > now() ? window : { total: 0, endsAt: now() + 60_000 };
      current.total += points;
      windows.set(key, current);
      return { total: current.total, endsInMs: current.endsAt - now() };
    },
  };
  return { shared, seen };
}

async function admitted(windows: readonly LeasedWindow[], calls: number, limit: number): Promise<number> {
  let count = 0;
  for (let n = 0; n < calls; n++) if ((await windows[n % windows.length]!.take('a', limit)) === undefined) count += 1;
  return count;
}

test.each([1, 5, 99, 120, 199])('a small limit is exact, over any number of replicas: %i', async (limit) => {
  const { shared } = sharedCount(() => 0);
  const replicas = [
    new LeasedWindow(shared, () => 0),
    new LeasedWindow(shared, () => 0),
    new LeasedWindow(shared, () => 0),
  ];
  expect(await admitted(replicas, limit * 3, limit)).toBe(limit);
});

test('a large limit is never exceeded, and missed by little', async () => {
  const { shared } = sharedCount(() => 0);
  const replicas = [new LeasedWindow(shared, () => 0), new LeasedWindow(shared, () => 0)];
  const count = await admitted(replicas, 20_000, 6000);
  expect(count).toBeLessThanOrEqual(6000);
  expect(count).toBeGreaterThan(6000 * 0.96);
});

test('with a large limit about one call in a hundred asks the store', async () => {
  const { shared, seen } = sharedCount(() => 0);
  await admitted([new LeasedWindow(shared, () => 0)], 5000, 6000);
  expect(seen.asked).toBeLessThan(5000 / 40);
});

test('calls that come at once are counted once each', async () => {
  const { shared } = sharedCount(() => 0);
  const window = new LeasedWindow(shared, () => 0);
  const results = await Promise.all(Array.from({ length: 900 }, () => window.take('a', 600)));
  expect(results.filter((waitMs) => waitMs === undefined)).toHaveLength(600);
});

test('a refusal says when the window ends, and asks the store no more until then', async () => {
  let now = 0;
  const { shared, seen } = sharedCount(() => now);
  const window = new LeasedWindow(shared, () => now);
  await admitted([window], 3, 2);
  const { asked } = seen;
  now = 10_000;
  expect(await window.take('a', 2)).toBe(50_000);
  expect(seen.asked).toBe(asked);
  now = 60_001;
  expect(await window.take('a', 2)).toBeUndefined();
});

test('what was taken in advance dies with its window', async () => {
  let now = 0;
  const { shared } = sharedCount(() => now);
  const window = new LeasedWindow(shared, () => now);
  await window.take('a', 6000);
  now = 60_001;
  expect(await admitted([window], 7000, 6000)).toBeLessThanOrEqual(6000);
});

test('one caller’s limit is nobody else’s', async () => {
  const { shared } = sharedCount(() => 0);
  const window = new LeasedWindow(shared, () => 0);
  await admitted([window], 5, 2);
  expect(await window.take('b', 2)).toBeUndefined();
});

test('callers who come once do not fill the memory', async () => {
  let now = 0;
  const { shared } = sharedCount(() => now);
  const window = new LeasedWindow(shared, () => now);
  for (let n = 0; n < 30_000; n++) {
    now += 1;
    await window.take(`caller ${n}`, 2);
  }
  expect(window.size).toBeLessThanOrEqual(10_000);
});
