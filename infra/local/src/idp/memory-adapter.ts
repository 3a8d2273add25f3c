import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

export interface MemoryAdapterOptions {
  readonly entriesMax: number;
  readonly now: () => number;
}

interface Entry {
  readonly payload: AdapterPayload;
  readonly expiresAt: number;
}

/** What one provider remembers: sessions, codes, refresh tokens. Beyond `entriesMax` the oldest is forgotten, so that nobody can fill the memory. */
export function createMemoryAdapter({ entriesMax, now }: MemoryAdapterOptions): AdapterFactory {
  const entries = new Map<string, Entry>();

  const live = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > now()) return entry.payload;
    entries.delete(key);
    return undefined;
  };
  const forgetOldest = () => {
    for (const key of entries.keys()) {
      if (entries.size <= entriesMax) return;
      entries.delete(key);
    }
  };
  const forgetGrant = (grantId: string) => {
    for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key);
  };
  const findSession = (uid: string) => {
    for (const key of entries.keys()) {
      if (key.startsWith('Session:') && entries.get(key)?.payload.uid === uid) return live(key);
    }
    return undefined;
  };

  return (model): Adapter => ({
    async upsert(id, payload, expiresInSeconds) {
      const key = `${model}:${id}`;
      // Deleted first, so that what is renewed counts as young.
      entries.delete(key);
      entries.set(key, { payload, expiresAt: now() + (expiresInSeconds ?? Infinity) * 1000 });
      forgetOldest();
    },
    find: async (id) => live(`${model}:${id}`),
    findByUid: async (uid) => findSession(uid),
    findByUserCode: async () => undefined,
    async consume(id) {
      const payload = live(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(now() / 1000);
    },
    async destroy(id) {
      entries.delete(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => forgetGrant(grantId),
  });
}
