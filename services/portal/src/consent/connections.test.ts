import { expect, test } from 'vitest';
import { interruptedStateStore } from '../state/testing/interrupted-state-store.ts';
import { MemoryStateStore } from '../state/testing/memory-state-store.ts';
import { connectionsOn } from './testing/connections-on.ts';

const MONA = { issuer: 'https://idp.example', subject: 'mona' };
const APP = 'client:app';
const now = () => 0;

/** A yes for a grant; before its n-th step the same human says no. */
async function yesWithNoAt(n: number) {
  const store = new MemoryStateStore(now);
  const grants = new Set(['grant']);
  const { consents, connections } = connectionsOn(store, grants);
  await connections.disconnect(MONA, APP);
  const lastNo = await consents.lastNo(MONA, APP);
  let steps = 0;
  const interrupted = interruptedStateStore(store, async () => {
    if (steps++ === n) await connections.disconnect(MONA, APP);
  });
  const grant = { grantId: 'grant', ttlMs: 1000 };
  const answer = await connectionsOn(interrupted, grants)
    .connections.connect(MONA, APP, { scopes: ['sql'], lastNo, grant })
    .then(
      () => 'given',
      (error: unknown) => (error as Error).message,
    );
  const { decision } = (await consents.find(MONA, APP)) ?? {};
  return { steps, outcome: { answer, grants: [...grants], decision } };
}

test('a no that comes while a yes is given wins, at whatever step it comes', async () => {
  const { steps, outcome: undisturbed } = await yesWithNoAt(Infinity);
  expect(undisturbed).toEqual({ answer: 'given', grants: ['grant'], decision: 'allowed' });
  expect(steps).toBeGreaterThanOrEqual(3);
  const refused = { answer: 'the human took it back meanwhile', grants: [], decision: 'denied' };
  for (let n = 0; n < steps; n++) expect([n, (await yesWithNoAt(n)).outcome]).toEqual([n, refused]);
});

test('a no that comes right after the yes finds the grant', async () => {
  const grants = new Set(['grant']);
  const { consents, connections } = connectionsOn(new MemoryStateStore(now), grants);
  const grant = { grantId: 'grant', ttlMs: 1000 };
  await connections.connect(MONA, APP, { scopes: ['sql'], lastNo: undefined, grant });
  await connections.disconnect(MONA, APP);
  expect([grants.size, (await consents.find(MONA, APP))?.decision]).toEqual([0, 'denied']);
});
