import { randomUUID } from 'node:crypto';
import { demoPolicy } from '@causeway/platform/testing';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { expect, test } from 'vitest';
import { connectionsOn } from '../consent/testing/connections-on.ts';
import type { StateStore } from '../state/state-store.ts';
import { interruptedStateStore } from '../state/testing/interrupted-state-store.ts';
import { MemoryStateStore } from '../state/testing/memory-state-store.ts';
import { browserHooks, type BrowserHookDeps } from './browser-hooks.ts';
import { loginPolicy } from './interaction-policy.ts';

const document = await demoPolicy();
const fabrikam = document.policy.providers.find(({ id }) => id === 'fabrikam')!;
const human = { issuer: fabrikam.issuer, subject: 'mona', email: 'mona@fabrikam.example', idp: 'fabrikam' };
const APP = 'client:app';
const now = () => 0;

function hooksOn(store: StateStore, grants: Set<string>) {
  const { consents, connections } = connectionsOn(store, grants);
  const deps = { identity: { document }, consents, connections } as unknown as BrowserHookDeps;
  const hooks = browserHooks(
    deps,
    loginPolicy(async () => undefined),
  );
  return { consents, connections, hooks };
}

/** As the library asks: this person, this client, and `sql`. */
function contextOf(grants: Set<string>): KoaContextWithOIDC {
  class Grant {
    readonly jti = randomUUID();
    addResourceScope(): void {}
    rejectResourceScope(): void {}
    async save(): Promise<string> {
      grants.add(this.jti);
      return this.jti;
    }
    async destroy(): Promise<void> {
      grants.delete(this.jti);
    }
  }
  const account = { account: { human, claims: { groups: ['sales-managers'] } } };
  const oidc = { client: { clientId: 'app' }, account, provider: { Grant }, requestParamScopes: new Set(['sql']) };
  return { oidc } as unknown as KoaContextWithOIDC;
}

/** A grant of what was agreed to before; at its n-th step the same person takes that back. */
async function grantWithNoAt(n: number) {
  const store = new MemoryStateStore(now);
  const grants = new Set<string>();
  const { consents, connections } = hooksOn(store, grants);
  await consents.allow(human, APP, ['sql']);
  let steps = 0;
  const interrupted = interruptedStateStore(store, async () => {
    if (steps++ === n) await connections.disconnect(human, APP);
  });
  const grant = await hooksOn(interrupted, grants).hooks.loadExistingGrant?.(contextOf(grants));
  return { steps, outcome: { isGiven: grant !== undefined, live: grants.size } };
}

test('a remembered yes that is taken back while a grant is made of it leaves no grant, whenever that happens', async () => {
  const { steps, outcome: undisturbed } = await grantWithNoAt(Infinity);
  expect(undisturbed).toEqual({ isGiven: true, live: 1 });
  expect(steps).toBeGreaterThanOrEqual(3);
  const none = { isGiven: false, live: 0 };
  for (let n = 0; n < steps; n++) expect([n, (await grantWithNoAt(n)).outcome]).toEqual([n, none]);
});
