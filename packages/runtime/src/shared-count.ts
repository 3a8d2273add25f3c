import { hash } from 'node:crypto';
import type { SharedCount } from './leased-window.ts';

/** What is used of a limiter of `rate-limiter-flexible`, whatever store it counts in. */
interface Limiter {
  penalty(key: string, points: number): Promise<{ readonly consumedPoints: number; readonly msBeforeNext: number }>;
}

export function sharedCount(limiter: Limiter): SharedCount {
  return {
    add: async (key, points) => {
      const { consumedPoints, msBeforeNext } = await limiter.penalty(hiddenKey(key), points);
      return { total: consumedPoints, endsInMs: msBeforeNext };
    },
  };
}

/** Who asks is nobody's business who can read the store. */
export const hiddenKey = (key: string): string => hash('sha256', key, 'base64url');
