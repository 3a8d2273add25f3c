import { AppError, Secret } from '@causeway/core';
import { describe, expect, test } from 'vitest';
import { type PlatformToken, TokenCache } from './token-cache.ts';

const MINUTE = 60_000;

function clock() {
  let now = 1_000_000;
  return { now: () => now, pass: (ms: number) => void (now += ms) };
}

/** Fetches that count themselves, each token with its own text. */
function fetches(now: () => number, lifetimeMs = 10 * MINUTE) {
  let count = 0;
  return {
    get count() {
      return count;
    },
    fetch: async (): Promise<PlatformToken> => ({
      token: new Secret(`token-${++count}`),
      expiresAt: now() + lifetimeMs,
    }),
  };
}

const KEY = ['digest', 'principal', 'sql'];
const refused = () => Promise.reject(new AppError('exchange_denied', 'the token was revoked'));
const textOf = async (token: Promise<Secret>) => (await token).reveal();

test('one fetch for everybody who waits for the same', async () => {
  const { now } = clock();
  const cache = new TokenCache(now);
  const source = fetches(now);
  const found = await Promise.all(Array.from({ length: 20 }, () => textOf(cache.get(KEY, source.fetch))));
  expect(new Set(found)).toEqual(new Set(['token-1']));
  expect(source.count).toBe(1);
});

test.each([
  ['another policy', ['other', 'principal', 'sql']],
  ['another principal', ['digest', 'other', 'sql']],
  ['another scope', ['digest', 'principal', 'genie']],
  // A key that is joined without care would be the same text.
  ['names that run together', ['digest', 'principal,sql']],
])('%s has a token of its own', async (_, key) => {
  const { now } = clock();
  const cache = new TokenCache(now);
  const source = fetches(now);
  await cache.get(KEY, source.fetch);
  expect(await textOf(cache.get(key, source.fetch))).toBe('token-2');
});

describe('time', () => {
  test('a token is used until half of its time is over; then a new one is fetched beside the calls', async () => {
    const { now, pass } = clock();
    const cache = new TokenCache(now);
    const source = fetches(now);
    await cache.get(KEY, source.fetch);
    pass(5 * MINUTE - 1);
    await cache.get(KEY, source.fetch);
    expect(source.count).toBe(1);
    pass(1);
    expect(await textOf(cache.get(KEY, source.fetch))).toBe('token-1');
    await Promise.resolve();
    expect(source.count).toBe(2);
    await new Promise(setImmediate);
    expect(await textOf(cache.get(KEY, source.fetch))).toBe('token-2');
  });

  test('a token with half a minute left is not given out', async () => {
    const { now, pass } = clock();
    const cache = new TokenCache(now);
    const source = fetches(now);
    await cache.get(KEY, source.fetch);
    pass(10 * MINUTE - 30_000);
    expect(await textOf(cache.get(KEY, source.fetch))).toBe('token-2');
  });

  test('one that comes with less than that is refused, and not kept', async () => {
    const { now } = clock();
    const cache = new TokenCache(now);
    await expect(cache.get(KEY, fetches(now, 30_000).fetch)).rejects.toMatchObject({ code: 'exchange_denied' });
    expect(await textOf(cache.get(KEY, fetches(now).fetch))).toBe('token-1');
  });

  test('an early fetch that fails disturbs nobody, and is not tried again at once', async () => {
    const { now, pass } = clock();
    const cache = new TokenCache(now);
    await cache.get(KEY, fetches(now).fetch);
    pass(6 * MINUTE);
    let tries = 0;
    const failing = () => {
      tries++;
      return refused();
    };
    for (let call = 0; call < 5; call++) {
      expect(await textOf(cache.get(KEY, failing))).toBe('token-1');
      await new Promise(setImmediate);
    }
    expect(tries).toBe(1);
    pass(10_000);
    await cache.get(KEY, failing);
    expect(tries).toBe(2);
  });
});

describe('failure', () => {
  test('what was refused to one caller of a principal is not refused to the next', async () => {
    const { now } = clock();
    const cache = new TokenCache(now);
    const source = fetches(now);
    const first = cache.get(KEY, refused);
    const second = cache.get(KEY, source.fetch);
    await expect(first).rejects.toMatchObject({ code: 'exchange_denied' });
    expect(await textOf(second)).toBe('token-1');
  });

  test('an outage is everybody’s: those who wait do not ask one after the other', async () => {
    const { now } = clock();
    const cache = new TokenCache(now);
    const source = fetches(now);
    const down = () => Promise.reject(new AppError('upstream_unavailable', 'down'));
    const waiting = [cache.get(KEY, down), cache.get(KEY, source.fetch), cache.get(KEY, source.fetch)];
    const settled = await Promise.allSettled(waiting);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(source.count).toBe(0);
    expect(await textOf(cache.get(KEY, source.fetch))).toBe('token-1');
  });

  test('whoever goes away takes the answer from nobody', async () => {
    const { now } = clock();
    const cache = new TokenCache(now);
    const gone = new AbortController();
    const gate = Promise.withResolvers<PlatformToken>();
    const first = cache.get(KEY, () => gate.promise, gone.signal);
    const second = cache.get(KEY, refused);
    gone.abort(new AppError('upstream_timeout', 'gone'));
    await expect(first).rejects.toMatchObject({ code: 'upstream_timeout' });
    gate.resolve({ token: new Secret('kept'), expiresAt: now() + MINUTE });
    expect(await textOf(second)).toBe('kept');
  });

  test('whoever goes away while another asks is not waited for, and asks nothing, whatever they went away with', async () => {
    const { now } = clock();
    const cache = new TokenCache(now);
    const gone = new AbortController();
    const source = fetches(now);
    const gate = Promise.withResolvers<PlatformToken>();
    const first = cache.get(KEY, () => gate.promise);
    const second = cache.get(KEY, source.fetch, gone.signal);
    gone.abort(new AppError('invalid_request', 'a reason that would be another’s turn'));
    await expect(second).rejects.toMatchObject({ code: 'invalid_request' });
    gate.resolve({ token: new Secret('kept'), expiresAt: now() + MINUTE });
    expect(await textOf(first)).toBe('kept');
    expect(source.count).toBe(0);
  });
});

test('a token that the workspace refuses is forgotten; a newer one is not', async () => {
  const { now } = clock();
  const cache = new TokenCache(now);
  const source = fetches(now);
  const first = await cache.get(KEY, source.fetch);
  cache.discard(KEY, first);
  const second = await cache.get(KEY, source.fetch);
  expect(second.reveal()).toBe('token-2');
  cache.discard(KEY, first);
  expect(await textOf(cache.get(KEY, source.fetch))).toBe('token-2');
});
