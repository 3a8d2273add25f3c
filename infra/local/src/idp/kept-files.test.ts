import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { StackProblem } from '../stack-problem.ts';
import { openClientSecret } from './client-secret.ts';
import { openSigningKeys, rotateSigningKeys } from './signing-keys.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const kidsOf = (keys: readonly { kid?: string }[]) => keys.map(({ kid }) => kid);

describe('signing keys', () => {
  test('are made once, kept for their owner alone, and found again', async () => {
    const path = join(dir, 'k.json');
    const made = await openSigningKeys(path);
    expect(made).toHaveLength(1);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(kidsOf(await openSigningKeys(path))).toEqual(kidsOf(made));
  });

  test('after a rotation the new one comes first, the last one stays, and the one before that is gone', async () => {
    const path = join(dir, 'k.json');
    const first = await openSigningKeys(path);
    const second = await rotateSigningKeys(path, first);
    expect(kidsOf(second)).toEqual([expect.any(String), ...kidsOf(first)]);
    const third = await rotateSigningKeys(path, second);
    expect(kidsOf(third)).toEqual([expect.any(String), kidsOf(second)[0]]);
    expect(kidsOf(await openSigningKeys(path))).toEqual(kidsOf(third));
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['without keys', () => '{"keys":[]}'],
    ['a public key only', (text: string) => text.replace(/"d": "[^"]*",/, '')],
    ['with a number that is none', (text: string) => text.replace(/"n": "[^"]*"/, '"n": "***"')],
  ])('a file that is %s is reported by name and left alone, and its content is not shown', async (_name, damage) => {
    const path = join(dir, 'k.json');
    const [key] = await openSigningKeys(path);
    const damaged = damage(readFileSync(path, 'utf8'));
    writeFileSync(path, damaged);
    const failure = await openSigningKeys(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StackProblem);
    expect((failure as StackProblem).message).toBe(`${path} is damaged`);
    expect((failure as StackProblem).toText()).not.toContain(key?.d);
    expect((failure as StackProblem).cause).toBeUndefined();
    expect(readFileSync(path, 'utf8')).toBe(damaged);
  });

  test('a file that cannot be read is not taken for a missing one', async () => {
    await expect(openSigningKeys(dir)).rejects.toThrow(`${dir} cannot be read`);
  });
});

describe('the client secret', () => {
  test('is made once, kept for its owner alone, and found again', () => {
    const path = join(dir, 's');
    const secret = openClientSecret(path);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(openClientSecret(path)).toBe(secret);
  });

  test.each(['', 'short', `${'a'.repeat(42)} `])('a damaged one (%j) is refused', (content) => {
    const path = join(dir, 's');
    writeFileSync(path, content);
    expect(() => openClientSecret(path)).toThrow(`${path} is damaged`);
  });
});
