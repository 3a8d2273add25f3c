import type { StateStore } from '../../state/state-store.ts';
import { Connections } from '../connections.ts';
import { Consents } from '../consents.ts';

const now = () => 0;

/** Consents and connections on a store; a grant that is ended leaves the set. */
export function connectionsOn(store: StateStore, grants: Set<string>) {
  const consents = new Consents(store, now);
  const revocations = { revoke: async () => undefined };
  const endGrant = async (grantId: string) => void grants.delete(grantId);
  return { consents, connections: new Connections({ store, consents, revocations, endGrant, now }) };
}
