import { hash } from 'node:crypto';
import { type Adapter, type AdapterFactory, type AdapterPayload, errors } from 'oidc-provider';
import type { FindClient } from '../clients/policy-clients.ts';
import type { StateStore } from '../state/state-store.ts';

export interface StateAdapterDeps {
  readonly store: StateStore;
  readonly findClient: FindClient;
  readonly now: () => number;
  /** The library ended a grant, because a code or refresh token was used twice. */
  readonly onGrantRevoked: (grantId: string) => Promise<void>;
}

/** A used refresh token still works for so long: its answer may have been lost on the way. */
const REFRESH_GRACE_MS = 30_000;
const DEFAULT_SECONDS = 3600;

/** What the authorization server remembers, in the store that all replicas share. */
export function createStateAdapter(deps: StateAdapterDeps): AdapterFactory {
  return (model) => {
    if (model === 'Client') return clientAdapter(deps);
    // Its place in the answer is taken by a principal token: nobody ever looks for it.
    if (model === 'AccessToken') return { ...modelAdapter(deps, model), upsert: async () => undefined };
    return modelAdapter(deps, model);
  };
}

function modelAdapter({ store, now, onGrantRevoked }: StateAdapterDeps, model: string): Adapter {
  const keyOf = (id: string) => keyFor(model, id);
  const uidKey = (uid: string) => keyFor(`${model}-uid`, uid);
  const consumedKey = (id: string) => consumedKeyFor(model, id);

  const find = async (id: string): Promise<AdapterPayload | undefined> => {
    const [written, consumed] = await Promise.all([store.get(keyOf(id)), store.get(consumedKey(id))]);
    if (written === undefined) return undefined;
    const payload = { ...(JSON.parse(written) as AdapterPayload), jti: id };
    if (consumed === undefined || isWithinGrace(consumed)) return payload;
    return { ...payload, consumed: Math.floor(Number(consumed) / 1000) };
  };
  const isWithinGrace = (consumedAt: string) =>
    model === 'RefreshToken' && now() - Number(consumedAt) < REFRESH_GRACE_MS;

  return {
    find,
    upsert: async (id, { jti: _jti, ...payload }, seconds = DEFAULT_SECONDS) => {
      const ttlMs = seconds * 1000;
      const written = JSON.stringify(payload);
      // Two replicas that see the same assertion at once: only one of them may take it.
      if (model === 'ReplayDetection') {
        if (await store.add(keyOf(id), written, { ttlMs })) return;
        throw new errors.InvalidClient('client authentication failed', 'the assertion was used before');
      }
      const group = payload.grantId === undefined ? undefined : groupOf(payload.grantId);
      await store.set(keyOf(id), written, { ttlMs, group });
      if (model === 'Session' && payload.uid !== undefined) await store.set(uidKey(payload.uid), id, { ttlMs });
    },
    findByUid: async (uid) => {
      const id = await store.get(uidKey(uid));
      return id === undefined ? undefined : find(id);
    },
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const written = await store.get(keyOf(id));
      if (written === undefined) throw new errors.InvalidGrant('ended while it was used');
      // As long as it lives itself, so that a late reuse is still seen.
      const { exp = 0 } = JSON.parse(written) as AdapterPayload;
      const ttlMs = Math.max(exp * 1000 - now(), 0) + CONSUMED_KEPT_MS;
      if (await store.add(consumedKey(id), String(now()), { ttlMs })) return;
      const consumedAt = await store.get(consumedKey(id));
      if (consumedAt === undefined || !isWithinGrace(consumedAt)) throw new errors.InvalidGrant('already used');
    },
    destroy: (id) => store.delete(keyOf(id)),
    revokeByGrantId: async (grantId) => {
      // First: whoever makes a token of it meanwhile looks for the grant once more when the token is noted.
      await store.delete(keyFor('Grant', grantId));
      await store.deleteGroup(groupOf(grantId));
      await onGrantRevoked(grantId);
    },
  };
}

const CONSUMED_KEPT_MS = 3_600_000;

/** Ids are the tokens themselves: whoever reads the store must not hold them. */
const keyFor = (model: string, id: string): string => `oidc:${model}:${hash('sha256', id, 'base64url')}`;

/** Where it is written that a code or refresh token was used, and when. */
export const consumedKeyFor = (model: string, id: string): string => `${keyFor(model, id)}:consumed`;

/** Everything that came of one grant ends with it. */
export const groupOf = (grantId: string): string => `grant:${hash('sha256', grantId, 'base64url')}`;

function clientAdapter({ findClient }: StateAdapterDeps): Adapter {
  const unsupported = async () => {
    throw new TypeError('clients are kept elsewhere');
  };
  return {
    find: async (id) => (await findClient(id)) as AdapterPayload | undefined,
    upsert: unsupported,
    findByUid: unsupported,
    findByUserCode: unsupported,
    consume: unsupported,
    destroy: unsupported,
    revokeByGrantId: unsupported,
  };
}
