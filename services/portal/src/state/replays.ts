import type { ReplayStore } from '@causeway/auth';
import { hash } from 'node:crypto';
import type { StateStore } from './state-store.ts';

/** Which assertions were used, for all replicas together. */
export function createReplays(store: StateStore, now: () => number): ReplayStore {
  return {
    firstUse: ({ issuer, id, until }) => {
      const key = `replay:${hash('sha256', JSON.stringify([issuer, id]), 'base64url')}`;
      return store.add(key, '1', { ttlMs: Math.max(1000, until.getTime() - now()) });
    },
  };
}
