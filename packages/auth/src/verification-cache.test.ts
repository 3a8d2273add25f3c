import { expect, test } from 'vitest';
import { NOON_MS } from './testing/test-issuer.ts';
import { CACHE_FRESH_MS, createVerificationCache } from './verification-cache.ts';

type Result = { readonly ok: true; readonly expiresAt: Date } | { readonly ok: false };

function setUp(entriesMax?: number) {
  const clock = { ms: NOON_MS };
  let asked = 0;
  const cache = createVerificationCache<Result>({ now: () => clock.ms, entriesMax });
  const good = async (): Promise<Result> => {
    asked++;
    return { ok: true, expiresAt: new Date(NOON_MS + 30_000) };
  };
  const bad = async (): Promise<Result> => {
    asked++;
    return { ok: false };
  };
  const verify = (token: string, run = good) => cache.verify(token, { kind: 'x', verify: run });
  return { cache, clock, good, bad, verify, asked: () => asked };
}

test('a good token is judged once, until it expires', async () => {
  const { verify, asked, clock } = setUp();
  await verify('a');
  clock.ms += 29_999;
  await verify('a');
  expect(asked()).toBe(1);
  clock.ms += 1;
  await verify('a');
  expect(asked()).toBe(2);
});

test('a long-lived token is judged anew after a minute, so that a removed key is noticed', async () => {
  const { cache, clock } = setUp();
  let asked = 0;
  const verify = async (): Promise<Result> => {
    asked++;
    return { ok: true, expiresAt: new Date(NOON_MS + 3_600_000) };
  };
  await cache.verify('a', { kind: 'x', verify });
  clock.ms += CACHE_FRESH_MS - 1;
  await cache.verify('a', { kind: 'x', verify });
  expect(asked).toBe(1);
  clock.ms += 1;
  await cache.verify('a', { kind: 'x', verify });
  expect(asked).toBe(2);
});

test('a refusal is never kept, so a flood of bad tokens evicts no good one', async () => {
  const { verify, cache, asked, bad } = setUp(2);
  await verify('good');
  for (let index = 0; index < 100; index++) await verify(`bad-${index}`, bad);
  expect(cache.size).toBe(1);
  const before = asked();
  await verify('good');
  expect(asked()).toBe(before);
});

test('the least recently used goes first', async () => {
  const { verify, asked } = setUp(2);
  await verify('a');
  await verify('b');
  await verify('a');
  await verify('c');
  await verify('a');
  expect(asked()).toBe(3);
  await verify('b');
  expect(asked()).toBe(4);
});

test('the same token at the same time is judged once', async () => {
  const { verify, asked } = setUp();
  await Promise.all(Array.from({ length: 20 }, () => verify('a')));
  expect(asked()).toBe(1);
});

test('after clear everything is judged anew, also what was under way', async () => {
  const { cache, verify, asked } = setUp();
  const held = Promise.withResolvers<Result>();
  const slow = verify('a', () => held.promise);
  cache.clear();
  await verify('a');
  expect(asked()).toBe(1);
  cache.clear();
  held.resolve({ ok: true, expiresAt: new Date(NOON_MS + 30_000) });
  await slow;
  expect(cache.size).toBe(0);
  await verify('a');
  expect(asked()).toBe(2);
});

test('a judgement that throws leaves nothing behind', async () => {
  const { verify, asked } = setUp();
  await expect(verify('a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await verify('a');
  expect(asked()).toBe(1);
});

test('a token of absurd length is not even hashed', async () => {
  const { verify, cache } = setUp();
  await verify('x'.repeat(200_000));
  expect(cache.size).toBe(0);
});

test('each kind of token has its own result', async () => {
  const { cache, good, bad } = setUp();
  expect(await cache.verify('a', { kind: 'x', verify: good })).toMatchObject({ ok: true });
  expect(await cache.verify('a', { kind: 'y', verify: bad })).toEqual({ ok: false });
});
