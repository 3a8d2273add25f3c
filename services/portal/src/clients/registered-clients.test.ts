import { Secret } from '@causeway/core';
import { demoPolicy } from '@causeway/platform/testing';
import { expect, test } from 'vitest';
import { createSealer } from '../browser/sealer.ts';
import { MemoryStateStore } from '../state/testing/memory-state-store.ts';
import { NEW_MAX, NEW_MS, RegisteredClients } from './registered-clients.ts';

const clock = { ms: 0 };
const demo = await demoPolicy();
const registration = { ...demo.policy.registration, redirectHosts: ['apps.example'] };
const clients = new RegisteredClients({
  store: new MemoryStateStore(() => clock.ms),
  sealer: createSealer([new Secret('a key that is long enough for a test')]),
  document: () => ({ ...demo, policy: { ...demo.policy, registration } }),
});

async function register(): Promise<string> {
  const description = { redirect_uris: ['https://apps.example/callback'] };
  const { client_id: id } = await clients.register(description, { isConfidential: false });
  return id;
}

test('so many clients may wait for a first yes, and no more; a yes makes room, and so does a day', async () => {
  const first = await register();
  for (let n = 1; n < NEW_MAX; n++) await register();
  await expect(register()).rejects.toMatchObject({ code: 'rate_limited' });

  await clients.keep(first);
  const second = await register();
  await expect(register()).rejects.toMatchObject({ code: 'rate_limited' });

  clock.ms += NEW_MS;
  const third = await register();
  const found = await Promise.all([first, second, third].map((id) => clients.find(id)));
  expect(found.map((client) => client?.client_id)).toEqual([first, undefined, third]);
});
