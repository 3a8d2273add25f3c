import { expect, test } from 'vitest';
import { refused } from './jwt/refusal.ts';
import { outcomeOf, tokenError, type TokenUse } from './token-error.ts';

test.each<[TokenUse, string]>([
  ['bearer', 'invalid_token'],
  ['subject_token', 'invalid_request'],
  ['actor_token', 'invalid_request'],
])('a refused %s is %s, and the reason stays inside', (use, code) => {
  const error = tokenError(use, refused('signature_invalid'));
  expect(error).toMatchObject({ code, message: `${use}: signature_invalid`, safeDetail: undefined });
  expect(error.publicMessage).not.toContain('signature');
});

test('keys that cannot be had are no refusal: try again later', () => {
  const error = tokenError('bearer', { ok: false, reason: 'keys_unavailable', retryAfterMs: 5000 });
  expect(error).toMatchObject({ code: 'upstream_unavailable', retryAfterMs: 5000 });
  expect(error.shape.http).toBe(503);
  expect([outcomeOf('keys_unavailable'), outcomeOf('key_unknown')]).toEqual(['unavailable', 'refused']);
});
