import type { Adapter, AdapterFactory } from 'oidc-provider';
import { expect, test } from 'vitest';
import { MemoryStateStore } from '../state/testing/memory-state-store.ts';
import { createStateAdapter } from './state-adapter.ts';

function setUp(onGrantRevoked?: (grantId: string) => Promise<void>) {
  const clock = { ms: 1_000_000_000 };
  const store = new MemoryStateStore(() => clock.ms);
  const ended: string[] = [];
  const factory: AdapterFactory = createStateAdapter({
    store,
    findClient: async (id) => (id === 'known' ? ({ client_id: id } as never) : undefined),
    now: () => clock.ms,
    onGrantRevoked: async (grantId) => {
      ended.push(grantId);
      await onGrantRevoked?.(grantId);
    },
  });
  const open = (model: string): Adapter => factory(model);
  return { clock, store, ended, open };
}

test('a refresh token that was used still works for 30 seconds, and is known as used after that', async () => {
  const { clock, open } = setUp();
  const adapter = open('RefreshToken');
  await adapter.upsert('token', { grantId: 'grant' }, 3600);
  await adapter.consume('token');
  clock.ms += 29_999;
  expect(await adapter.find('token')).not.toHaveProperty('consumed');
  await expect(adapter.consume('token')).resolves.toBeUndefined();
  clock.ms += 1;
  expect(await adapter.find('token')).toHaveProperty('consumed');
  await expect(adapter.consume('token')).rejects.toThrow('invalid_grant');
});

test('a use is known for as long as the token itself would live', async () => {
  const { clock, open } = setUp();
  const adapter = open('RefreshToken');
  const days = 30 * 86_400;
  await adapter.upsert('token', { grantId: 'grant', exp: clock.ms / 1000 + days }, days);
  await adapter.consume('token');
  clock.ms += (days - 60) * 1000;
  expect(await adapter.find('token')).toHaveProperty('consumed');
});

test('the grant is gone before what came of it is taken back: who asks in between finds none', async () => {
  const found: unknown[] = [];
  const { open } = setUp(async () => {
    found.push(await open('Grant').find('grant'));
  });
  await open('Grant').upsert('grant', {}, 60);
  await open('RefreshToken').revokeByGrantId('grant');
  expect(found).toEqual([undefined]);
});

test('of many that use a code at once, one does', async () => {
  const { open } = setUp();
  const adapter = open('AuthorizationCode');
  await adapter.upsert('code', {}, 60);
  const results = await Promise.allSettled([1, 2, 3].map(() => adapter.consume('code')));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await adapter.find('code')).toHaveProperty('consumed');
});

test('an assertion is taken once', async () => {
  const { clock, open } = setUp();
  const adapter = open('ReplayDetection');
  await adapter.upsert('assertion', {}, 60);
  await expect(adapter.upsert('assertion', {}, 60)).rejects.toThrow('invalid_client');
  clock.ms += 60_000;
  await expect(adapter.upsert('assertion', {}, 60)).resolves.toBeUndefined();
});

test('what came of a grant ends with it', async () => {
  const { open, ended } = setUp();
  const [codes, tokens] = [open('AuthorizationCode'), open('RefreshToken')];
  await codes.upsert('code', { grantId: 'one' }, 60);
  await tokens.upsert('token', { grantId: 'one' }, 60);
  await tokens.upsert('other', { grantId: 'two' }, 60);
  await tokens.revokeByGrantId('one');
  expect(await codes.find('code')).toBeUndefined();
  expect(await tokens.find('token')).toBeUndefined();
  expect(await tokens.find('other')).toBeDefined();
  expect(ended).toEqual(['one']);
});

test('whoever reads the store finds no token in it', async () => {
  const { open, store } = setUp();
  const adapter = open('RefreshToken');
  await adapter.upsert('very-secret-token', { jti: 'very-secret-token', grantId: 'very-secret-grant' }, 60);
  expect(await adapter.find('very-secret-token')).toMatchObject({ jti: 'very-secret-token' });
  const { hash } = await import('node:crypto');
  const key = `oidc:RefreshToken:${hash('sha256', 'very-secret-token', 'base64url')}`;
  expect(await store.get(key)).not.toContain('very-secret-token');
});

test('a session is found by its uid, and access tokens of the library are not kept', async () => {
  const { open, store } = setUp();
  const sessions = open('Session');
  await sessions.upsert('id', { uid: 'uid' }, 60);
  expect(await sessions.findByUid('uid')).toMatchObject({ uid: 'uid' });
  const before = store.size;
  await open('AccessToken').upsert('token', {}, 60);
  expect(store.size).toBe(before);
});

test('clients come from the policy, and nobody writes them here', async () => {
  const clients = setUp().open('Client');
  expect(await clients.find('known')).toMatchObject({ client_id: 'known' });
  expect(await clients.find('unknown')).toBeUndefined();
  await expect(clients.upsert('x', {}, 60)).rejects.toThrow('kept elsewhere');
});
