import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from './statistics.ts';

/** One round of one target. Times are in milliseconds. */
export interface LoadResult {
  readonly calls: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
}

/** Closed loop: each of the callers starts its next call when its last one has been answered, or `restMs` later. Rejects at the first wrong answer. */
export async function load(
  callers: readonly (() => Promise<void>)[],
  seconds: number,
  restMs = 0,
): Promise<LoadResult> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  await Promise.all(
    callers.map(async (call) => {
      let now = performance.now();
      while (now < endsAt) {
        const before = now;
        await call();
        now = performance.now();
        latencies.push(now - before);
        if (restMs === 0) continue;
        await delay(restMs);
        now = performance.now();
      }
    }),
  );
  const sorted = Float64Array.from(latencies).toSorted();
  return {
    calls: sorted.length,
    seconds: (performance.now() - startedAt) / 1000,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
  };
}
