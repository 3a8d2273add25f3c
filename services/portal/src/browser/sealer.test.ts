import { Secret } from '@causeway/core';
import { expect, test } from 'vitest';
import { createSealer } from './sealer.ts';

const [old, current] = [new Secret('o'.repeat(40)), new Secret('c'.repeat(40))];

test('what was sealed can be read back, and never looks the same twice', () => {
  const sealer = createSealer([current]);
  const sealed = sealer.seal('tökën');
  expect(sealer.open(sealed)).toBe('tökën');
  expect(sealer.seal('tökën')).not.toBe(sealed);
  expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('tök');
});

test('a changed bit, another key or a stump is not opened', () => {
  const sealed = Buffer.from(createSealer([current]).seal('x'), 'base64url');
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(createSealer([current]).open(changed.toString('base64url'))).toBeUndefined();
  }
  expect(createSealer([old]).open(sealed.toString('base64url'))).toBeUndefined();
  expect(createSealer([current]).open('abc')).toBeUndefined();
});

test('the key before still opens while it is being replaced', () => {
  const before = createSealer([old]);
  const during = createSealer([current, old]);
  expect(during.open(before.seal('x'))).toBe('x');
  expect(during.isProof(before.proof('form', 's'), 'form', 's')).toBe(true);
  expect(before.open(during.seal('x'))).toBeUndefined();
});

test('a proof is for one purpose and one session', () => {
  const sealer = createSealer([current]);
  const proof = sealer.proof('form', 'session');
  expect(sealer.isProof(proof, 'form', 'session')).toBe(true);
  expect(sealer.isProof(proof, 'form', 'other')).toBe(false);
  expect(sealer.isProof(proof, 'other', 'session')).toBe(false);
  expect(sealer.isProof(proof.slice(1), 'form', 'session')).toBe(false);
  expect(sealer.isProof(null, 'form', 'session')).toBe(false);
});
