import { chmodSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPrincipalTokenSigner, createPrincipalTokenVerifier } from '../principal-token.ts';
import { NOON_MS } from '../testing/test-issuer.ts';
import { type KeyFolder, keyFolder } from '../testing/test-signing-keys.ts';
import { createSigningKeys } from './create-signing-keys.ts';
import { PUBLISH_LEAD_MS, rotateSigningKeys } from './rotate-signing-keys.ts';
import { KEY_FILE_LOOK_MS, type SigningKeys } from './signing-keys.ts';

const clock = { ms: NOON_MS };
const now = () => clock.ms;
let folder: KeyFolder;
const file = () => join(folder.dir, 'signing-keys.json');
const rotate = () => rotateSigningKeys({ dir: folder.dir, now });
const published = (keys: SigningKeys) => keys.publicJwks.keys.map(({ kid }) => kid);

beforeEach(() => {
  clock.ms = NOON_MS;
  folder = keyFolder(now);
});
afterEach(() => folder[Symbol.dispose]());

describe('the first start', () => {
  test('makes a key that signs and the next one, readable by the owner alone', () => {
    const keys = folder.open();
    expect(published(keys)).toHaveLength(2);
    expect(published(keys)[0]).toBe(keys.current.kid);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder.dir)).toEqual(['signing-keys.json']);
  });

  test('of several replicas makes one set', () => {
    const [one, other] = [folder.open(), folder.open()];
    expect(other.current.kid).toBe(one.current.kid);
  });

  test('publishes no private part', () => {
    for (const key of folder.open().publicJwks.keys) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  test('is refused without keys where none may be made', () => {
    expect(() => folder.open({ create: false })).toThrow(
      expect.objectContaining({ code: 'config_invalid', message: `${file()} is missing` }),
    );
  });
});

describe('a damaged file is config_invalid, named by its file, quoting nothing', () => {
  const damages: readonly [name: string, damage: (text: string) => string][] = [
    ['cut off', (text) => text.slice(0, 200)],
    ['empty', () => ''],
    ['of another version', (text) => text.replace('"version": 1', '"version": 2')],
    ['without keys', () => '{"version":1,"keys":[]}'],
    [
      'with a private part that is not of this key',
      (text) => text.replace(/"d": "(.)/, (_all, c: string) => `"d": "${c === 'A' ? 'B' : 'A'}`),
    ],
    ['with a kid that is not of this key', (text) => text.replace(/"kid": "./, '"kid": "-')],
  ];
  test.each(damages)('%s', (_name, damage) => {
    folder.open();
    const text = readFileSync(file(), 'utf8');
    const secret = /"d": "([\w-]+)"/.exec(text)?.[1] ?? '';
    writeFileSync(file(), damage(text));
    const start = () => folder.open();
    expect(start).toThrow(expect.objectContaining({ code: 'config_invalid', message: `${file()} is damaged` }));
    expect(start).not.toThrow(secret);
  });

  test('readable by everyone', () => {
    folder.open();
    chmodSync(file(), 0o644);
    expect(() => folder.open()).toThrow(/can be read by everyone/);
  });

  test('and a file that was unusable for a moment counts as soon as it can be read, though nobody wrote it again', () => {
    const keys = folder.open();
    clock.ms += PUBLISH_LEAD_MS;
    const { kid } = rotate();
    chmodSync(file(), 0o644);
    clock.ms += KEY_FILE_LOOK_MS;
    expect(keys.problem).toMatch(/can be read by everyone/);
    chmodSync(file(), 0o600);
    clock.ms += KEY_FILE_LOOK_MS;
    expect([keys.problem, keys.current.kid]).toEqual([undefined, kid]);
  });
});

describe('rotation', () => {
  test('lets the key take over that was published all along, and publishes the next', () => {
    const keys = folder.open();
    const before = published(keys);
    clock.ms += PUBLISH_LEAD_MS;
    const { kid } = rotate();
    expect(before).toContain(kid);
    expect(keys.current.kid).toBe(kid);
    expect(published(keys)).toEqual([before[0], kid, expect.any(String)]);
  });

  test('twice in a row: a new key signs only after every replica has published it', () => {
    const keys = folder.open();
    clock.ms += PUBLISH_LEAD_MS;
    const first = rotate();
    const second = rotate();
    expect(second.signsFrom).toEqual(new Date(clock.ms + PUBLISH_LEAD_MS));
    clock.ms += KEY_FILE_LOOK_MS;
    expect(keys.current.kid).toBe(first.kid);
    expect(published(keys)).toContain(second.kid);
    clock.ms += PUBLISH_LEAD_MS;
    expect(keys.current.kid).toBe(second.kid);
  });

  test('keeps the old key published until its last token is dead, and then drops it', () => {
    const keys = folder.open({ tokenSecondsMax: 900 });
    const old = keys.current.kid;
    clock.ms += PUBLISH_LEAD_MS;
    rotate();
    clock.ms += 959_999;
    expect(published(keys)).toContain(old);
    clock.ms += 1;
    expect(published(keys)).not.toContain(old);
    clock.ms += 3_600_000;
    rotate();
    expect(readFileSync(file(), 'utf8')).not.toContain(old);
  });

  test('refuses no token of any replica, at any moment', async () => {
    const [one, other] = [folder.open(), folder.open()];
    const options = { issuer: 'https://portal.example', resource: 'https://mcp.example/mcp', now };
    const grant = {
      principal: { id: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01', role: 'west_sales', groups: [] },
      human: undefined,
      agent: { id: 'a' },
      scopes: [],
      clientId: 'a',
      notAfter: undefined,
    };
    const kids = new Set<string | undefined>();
    for (let step = 0; step < 60; step++) {
      if (step % 15 === 14) rotate();
      clock.ms += 777;
      for (const [signing, verifying] of [
        [one, other],
        [other, one],
      ] as const) {
        const { token } = await createPrincipalTokenSigner({ ...options, keys: signing }).sign(grant);
        kids.add(decodeProtectedHeader(token).kid);
        const judge = createPrincipalTokenVerifier({ ...options, keys: verifying, revocationOf: () => undefined });
        expect(await judge.verify(token)).toMatchObject({ ok: true });
      }
    }
    expect(kids.size).toBe(5);
  });

  test('at the same time as another one is refused, and an old lock is no obstacle', () => {
    folder.open();
    const lock = `${file()}.lock`;
    writeFileSync(lock, '');
    utimesSync(lock, new Date(clock.ms), new Date(clock.ms));
    expect(rotate).toThrow(/another rotation is under way/);
    clock.ms += 30_001;
    expect(rotate()).toMatchObject({ kid: expect.any(String) as string });
    expect(readdirSync(folder.dir)).toEqual(['signing-keys.json']);
  });

  test('without a file is refused', () => {
    expect(rotate).toThrow(/is missing/);
  });
});

test('a clock that is set back keeps nobody from seeing a rotation', () => {
  const keys = folder.open();
  clock.ms += 3_600_000;
  expect(keys.problem).toBeUndefined();
  clock.ms = NOON_MS + PUBLISH_LEAD_MS;
  const { kid } = rotate();
  expect(keys.current.kid).toBe(kid);
});

test('a clock that is set back behind the first key lets nothing be signed, until it is right again', () => {
  const keys = folder.open();
  const { kid } = keys.current;
  clock.ms -= 3_600_000;
  expect(keys.canSign).toBe(false);
  expect(() => keys.current).toThrow(expect.objectContaining({ code: 'upstream_unavailable' }));
  clock.ms = NOON_MS;
  expect([keys.canSign, keys.current.kid]).toEqual([true, kid]);
});

test('whoever starts with a clock behind the first key publishes the keys, and signs once the clock is right', () => {
  const { kid } = folder.open().current;
  clock.ms -= 3_600_000;
  const keys = folder.open();
  expect([keys.canSign, published(keys)[0], keys.problem]).toEqual([false, kid, undefined]);
  clock.ms = NOON_MS;
  expect([keys.canSign, keys.current.kid]).toEqual([true, kid]);
});

describe('a file that turns bad while we run', () => {
  test('has no key that signs now: the keys that were read last hold on, and health can say so', () => {
    const keys = folder.open();
    const { kid } = keys.current;
    rmSync(file());
    createSigningKeys({ dir: folder.dir, now: () => clock.ms + 3_600_000 });
    clock.ms += KEY_FILE_LOOK_MS;
    expect([keys.current.kid, keys.problem]).toEqual([kid, `${file()} has no key that signs now`]);
  });

  test.each([
    ['is damaged', () => writeFileSync(file(), '{')],
    ['is missing', () => rmSync(file())],
  ])('%s: the keys that were read last hold on, and health can say so', (problem, spoil) => {
    const keys = folder.open();
    const { kid } = keys.current;
    spoil();
    clock.ms += KEY_FILE_LOOK_MS;
    expect(keys.current.kid).toBe(kid);
    expect(keys.problem).toBe(`${file()} ${problem}`);
  });
});

test('a token without kid, or of another algorithm, finds no key', async () => {
  const keys = folder.open();
  const { kid } = keys.current;
  expect(await keys.find({ alg: 'ES256', kid })).toMatchObject({ ok: true });
  expect(await keys.find({ alg: 'ES256', kid: undefined })).toEqual({ ok: false, reason: 'kid_missing' });
  expect(await keys.find({ alg: 'RS256', kid })).toEqual({ ok: false, reason: 'key_unknown' });
});
