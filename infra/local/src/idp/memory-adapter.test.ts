import type { Adapter } from 'oidc-provider';
import { expect, test } from 'vitest';

import { createMemoryAdapter } from './memory-adapter.ts';

function memory(entriesMax = 100): { of: (model: string) => Adapter; clock: { now: number } } {
  const clock = { now: 1_800_000_000_000 };
  return { of: createMemoryAdapter({ entriesMax, now: () => clock.now }), clock };
}

test('finds what was kept, under its own model only', async () => {
  const { of } = memory();
  await of('AuthorizationCode').upsert('a', { clientId: 'c' }, 60);
  expect(await of('AuthorizationCode').find('a')).toEqual({ clientId: 'c' });
  expect(await of('RefreshToken').find('a')).toBeUndefined();
});

test('forgets what has expired', async () => {
  const { of, clock } = memory();
  await of('AuthorizationCode').upsert('a', {}, 60);
  clock.now += 59_999;
  expect(await of('AuthorizationCode').find('a')).toBeDefined();
  clock.now += 1;
  expect(await of('AuthorizationCode').find('a')).toBeUndefined();
});

test('forgets the oldest when it is full, and counts what is renewed as young', async () => {
  const { of } = memory(2);
  await of('Session').upsert('first', { uid: '1' }, 60);
  await of('Session').upsert('second', { uid: '2' }, 60);
  await of('Session').upsert('first', { uid: '1' }, 60);
  await of('Session').upsert('third', { uid: '3' }, 60);
  expect(await of('Session').find('second')).toBeUndefined();
  expect(await of('Session').find('first')).toBeDefined();
  expect(await of('Session').find('third')).toBeDefined();
});

test('a revoked grant takes its codes and tokens with it, and no others', async () => {
  const { of } = memory();
  await of('AuthorizationCode').upsert('a', { grantId: 'g' }, 60);
  await of('RefreshToken').upsert('b', { grantId: 'g' }, 60);
  await of('RefreshToken').upsert('c', { grantId: 'h' }, 60);
  await of('RefreshToken').revokeByGrantId('g');
  expect(await of('AuthorizationCode').find('a')).toBeUndefined();
  expect(await of('RefreshToken').find('b')).toBeUndefined();
  expect(await of('RefreshToken').find('c')).toBeDefined();
});

test('marks a code as used, so that its second use is noticed', async () => {
  const { of, clock } = memory();
  await of('AuthorizationCode').upsert('a', {}, 60);
  await of('AuthorizationCode').consume('a');
  expect(await of('AuthorizationCode').find('a')).toEqual({ consumed: clock.now / 1000 });
});

test('finds a session by its uid, until it is destroyed', async () => {
  const { of } = memory();
  await of('Session').upsert('s', { uid: 'u' }, 60);
  expect(await of('Session').findByUid('u')).toEqual({ uid: 'u' });
  await of('Session').destroy('s');
  expect(await of('Session').findByUid('u')).toBeUndefined();
});

test('two providers never see what the other keeps', async () => {
  const one = memory();
  const other = memory();
  await one.of('AuthorizationCode').upsert('a', {}, 60);
  expect(await other.of('AuthorizationCode').find('a')).toBeUndefined();
});
