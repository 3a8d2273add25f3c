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

async function register(address: string): Promise<string> {
  const description = { redirect_uris: ['https://apps.example/callback'] };
  const { client_id: id } = await clients.register(description, { isConfidential: false, address });
  return id;
}

/** A new address each time. */
let addresses = 0;
const elsewhere = () => register(`10.0.${addresses >> 8}.${addresses++ & 255}`);

const HOUR_MS = 3_600_000;

test('so many clients may wait for a first yes, and no more; a yes makes room, and so does a day', async () => {
  const first = await elsewhere();
  clock.ms += HOUR_MS;
  for (let n = 1; n < NEW_MAX; n++) await elsewhere();
  await expect(elsewhere()).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: NEW_MS - HOUR_MS });

  await clients.keep(first);
  const second = await elsewhere();
  await expect(elsewhere()).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: NEW_MS });

  clock.ms += NEW_MS;
  const third = await elsewhere();
  const found = await Promise.all([first, second, third].map((id) => clients.find(id)));
  expect(found.map((client) => client?.client_id)).toEqual([first, undefined, third]);
});

test('one address, or a /64 of IPv6, holds a twentieth of the places at most; a yes makes room there, and so does a day', async () => {
  clock.ms += NEW_MS;
  const here = (n: number) => register(`2001:db8:0:7::${n.toString(16)}`);
  const first = await here(0);
  for (let n = 1; n < NEW_MAX / 20; n++) await here(n);
  clock.ms += HOUR_MS;
  await expect(here(1000)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: NEW_MS - HOUR_MS });
  await elsewhere();

  await clients.keep(first);
  await here(1001);
  await expect(here(1002)).rejects.toMatchObject({ code: 'rate_limited' });

  clock.ms += NEW_MS - HOUR_MS;
  await here(1003);
});
