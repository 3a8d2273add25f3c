import { expect, test } from 'vitest';
import { down, fakeDependency } from '../testing/fake-dependency.ts';
import { createTestKey, NOON_MS, type TestKey } from '../testing/test-issuer.ts';
import { KEY_TIMES, RemoteKeys } from './remote-keys.ts';

const ISSUER = 'https://id.example/';
const DISCOVERY = '/.well-known/openid-configuration';
const [one, two] = [createTestKey('one'), createTestKey('two')];
const jwks = (...keys: TestKey[]) => ({ keys: keys.map(({ jwk }) => jwk) });
const wanted = (kid: string) => ({ alg: 'ES256', kid }) as const;

function setUp(initial: () => unknown = () => jwks(one)) {
  const clock = { ms: NOON_MS };
  const answers = {
    [DISCOVERY]: () => ({ issuer: ISSUER, jwks_uri: 'https://keys.example/jwks' }) as unknown,
    '/jwks': initial,
  };
  const dependency = fakeDependency(answers);
  const keys = new RemoteKeys({ issuer: ISSUER, dependency, now: () => clock.ms });
  const outcome = async (kid: string) => {
    const found = await keys.find(wanted(kid));
    return found.ok ? 'found' : found.reason;
  };
  return {
    clock,
    answers,
    dependency,
    keys,
    outcome,
    fetches: () => dependency.asked.filter((url) => url.endsWith('/jwks')).length,
  };
}

test('discovery is asked once, below the issuer without its slash', async () => {
  const { dependency, outcome, clock } = setUp();
  expect(await outcome('one')).toBe('found');
  clock.ms += KEY_TIMES.waitAfterMs;
  expect(await outcome('one')).toBe('found');
  expect(dependency.asked).toEqual([
    'https://id.example/.well-known/openid-configuration',
    'https://keys.example/jwks',
    'https://keys.example/jwks',
  ]);
});

test('a flood of unknown keys causes one fetch per cool-down', async () => {
  const { outcome, fetches, clock } = setUp();
  await outcome('one');
  const flood = () => Promise.all(Array.from({ length: 500 }, (_, index) => outcome(`unknown-${index}`)));
  expect(new Set(await flood())).toEqual(new Set(['key_unknown']));
  expect(fetches()).toBe(1);
  clock.ms += KEY_TIMES.coolDownMs;
  expect(new Set(await flood())).toEqual(new Set(['key_unknown']));
  expect(fetches()).toBe(2);
});

test('a key that is new is found at once, as soon as the cool-down is over', async () => {
  const { outcome, answers, clock } = setUp();
  await outcome('one');
  answers['/jwks'] = () => jwks(one, two);
  expect(await outcome('two')).toBe('key_unknown');
  clock.ms += KEY_TIMES.coolDownMs;
  expect(await outcome('two')).toBe('found');
});

test('a clock that is set back keeps nobody from asking', async () => {
  const { outcome, answers, clock } = setUp();
  clock.ms += 3_600_000;
  await outcome('one');
  answers['/jwks'] = () => jwks(one, two);
  clock.ms = NOON_MS;
  expect(await outcome('two')).toBe('found');
});

test('a key that was taken away is refused once its window is over', async () => {
  const { outcome, answers, clock } = setUp();
  await outcome('one');
  answers['/jwks'] = () => jwks(two);
  clock.ms += KEY_TIMES.refreshAfterMs - 1;
  expect(await outcome('one')).toBe('found');
  clock.ms = NOON_MS + KEY_TIMES.waitAfterMs;
  expect(await outcome('one')).toBe('key_unknown');
});

test('between five and ten minutes the set is refreshed behind the call', async () => {
  const { outcome, answers, clock } = setUp();
  await outcome('one');
  answers['/jwks'] = () => jwks(two);
  clock.ms += KEY_TIMES.refreshAfterMs;
  expect(await outcome('one')).toBe('found');
  await new Promise((resolve) => setImmediate(resolve));
  expect(await outcome('one')).toBe('key_unknown');
});

test('while the issuer is down its known keys hold on for a day, and others cannot be told', async () => {
  const { outcome, answers, clock, keys } = setUp();
  await outcome('one');
  answers['/jwks'] = down;
  clock.ms += KEY_TIMES.waitAfterMs;
  expect(await outcome('one')).toBe('found');
  expect(await keys.find(wanted('two'))).toEqual({ ok: false, reason: 'keys_unavailable', retryAfterMs: 5000 });
  expect(keys.state).toMatchObject({ keys: 1, ageMs: KEY_TIMES.waitAfterMs, failure: 'keys of test: ECONNREFUSED' });
  clock.ms = NOON_MS + KEY_TIMES.staleMaxMs;
  expect(await outcome('one')).toBe('found');
  clock.ms += 1;
  expect(await outcome('one')).toBe('keys_unavailable');
});

test('an issuer that comes back is used again', async () => {
  const { outcome, answers, clock } = setUp(down);
  expect(await outcome('one')).toBe('keys_unavailable');
  answers['/jwks'] = () => jwks(one);
  expect(await outcome('one')).toBe('keys_unavailable');
  clock.ms += KEY_TIMES.coolDownMs;
  expect(await outcome('one')).toBe('found');
});

test('nobody waits for a slow issuer while there are keys that may be used', async () => {
  const { outcome, answers, clock } = setUp();
  await outcome('one');
  answers['/jwks'] = down;
  clock.ms += KEY_TIMES.waitAfterMs;
  await outcome('one');
  const held = Promise.withResolvers<unknown>();
  answers['/.well-known/openid-configuration'] = () => held.promise;
  clock.ms += KEY_TIMES.coolDownMs;
  expect(await outcome('one')).toBe('found');
  held.resolve(undefined);
});

test('callers who come at once share one fetch', async () => {
  const { outcome, fetches } = setUp();
  expect(await Promise.all(Array.from({ length: 50 }, () => outcome('one')))).toEqual(Array(50).fill('found'));
  expect(fetches()).toBe(1);
});

const rsa = (bits: number) => {
  const modulus = (1n << BigInt(bits - 1)) + 1n;
  const hex = modulus.toString(16);
  const n = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url');
  return { kty: 'RSA', kid: 'one', n, e: 'AQAB' };
};

test('an RSA key of 2048 bits is long enough', async () => {
  const { keys, outcome } = setUp(() => ({ keys: [rsa(2048)] }));
  await outcome('one');
  expect(keys.state).toMatchObject({ keys: 1, failure: undefined });
});

const unusable: readonly [name: string, answer: () => unknown][] = [
  ['text', () => 'hello'],
  ['no list of keys', () => ({ keys: 'none' })],
  ['an empty list', () => ({ keys: [] })],
  ['no key that can be used', () => ({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'one' }, null, 7, { kty: 'EC' }] })],
  ['only a key for encryption', () => ({ keys: [{ ...one.jwk, use: 'enc' }] })],
  ['only a key that may not verify', () => ({ keys: [{ ...one.jwk, key_ops: ['sign'] }] })],
  ['only an RSA key of 2047 bits', () => ({ keys: [rsa(2047)] })],
  ['only an RSA key of absurd length', () => ({ keys: [rsa(8193)] })],
  ['only an RSA key whose exponent is 1', () => ({ keys: [{ ...rsa(2048), e: 'AQ' }] })],
  ['more than a thousand keys', () => ({ keys: Array(1001).fill(one.jwk) })],
];
test.each(unusable)('an answer with %s leaves the keys as they were', async (_name, answer) => {
  const { outcome, answers, clock, keys } = setUp();
  await outcome('one');
  answers['/jwks'] = answer;
  clock.ms += KEY_TIMES.waitAfterMs;
  expect(await outcome('one')).toBe('found');
  expect(keys.state.failure).toMatch(/^keys of test: /);
});

test.each(unusable)('an answer with %s at the start is no answer', async (_name, answer) => {
  expect(await setUp(answer).outcome('one')).toBe('keys_unavailable');
});

test('one broken key among good ones is left out', async () => {
  const broken = { ...one.jwk, kid: 'broken', x: 'AAAA' };
  const { outcome } = setUp(() => ({ keys: [broken, { kty: 'RSA', kid: 'weak', n: 'AQAB', e: 'AQAB' }, one.jwk] }));
  expect(await outcome('one')).toBe('found');
  expect(await outcome('broken')).toBe('key_unknown');
});

const discoveries: readonly [name: string, document: unknown][] = [
  ['of another issuer', { issuer: 'https://other.example/', jwks_uri: 'https://keys.example/jwks' }],
  ['of an issuer that differs by the slash', { issuer: 'https://id.example', jwks_uri: 'https://keys.example/jwks' }],
  ['that leads from https to http', { issuer: ISSUER, jwks_uri: 'http://keys.example/jwks' }],
  ['without an address of keys', { issuer: ISSUER }],
];
test.each(discoveries)('a discovery document %s is not followed', async (_name, document) => {
  const { outcome, answers, fetches, keys } = setUp();
  answers[DISCOVERY] = () => document;
  expect(await outcome('one')).toBe('keys_unavailable');
  expect(fetches()).toBe(0);
  expect(keys.state).toMatchObject({ keys: 0, ageMs: undefined });
});

test('keys that moved are found by asking for their place again', async () => {
  const { outcome, answers, clock } = setUp();
  await outcome('one');
  answers['/jwks'] = () => undefined;
  clock.ms += KEY_TIMES.waitAfterMs;
  await outcome('one');
  answers[DISCOVERY] = () => ({ issuer: ISSUER, jwks_uri: 'https://keys.example/moved' });
  Object.assign(answers, { '/moved': () => jwks(two) });
  clock.ms += KEY_TIMES.coolDownMs;
  expect(await outcome('two')).toBe('found');
});
