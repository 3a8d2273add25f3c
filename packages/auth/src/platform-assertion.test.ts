import type { Caller } from '@causeway/core';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { createPlatformAssertionSigner } from './platform-assertion.ts';
import { NOON, NOON_MS } from './testing/test-issuer.ts';
import { keyFolder } from './testing/test-signing-keys.ts';

const now = () => NOON_MS;
const folder = keyFolder(now);
const keys = folder.open();
const AUDIENCE = 'https://workspace.example/oidc/v1/token';
const signer = createPlatformAssertionSigner({ issuer: 'https://portal.example', audience: AUDIENCE, keys, now });
afterAll(() => folder[Symbol.dispose]());

const caller: Caller = {
  pattern: 'federation',
  human: { issuer: 'https://id.example', subject: 'user-1', email: 'pat@plain.example', idp: 'plain' },
  agent: undefined,
  principal: { id: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01', role: 'west_sales', groups: [] },
  scopes: ['sql'],
  expiresAt: new Date(NOON_MS + 900_000),
  tokenId: 'token-1',
};

test('it names the service principal to the workspace for ten minutes, and says nothing of the human', async () => {
  const { token, tokenId } = await signer.sign(caller);
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys.publicJwks), { currentDate: new Date(NOON_MS) });
  expect(payload).toEqual({
    iss: 'https://portal.example',
    sub: caller.principal.id,
    aud: AUDIENCE,
    iat: NOON,
    exp: NOON + 600,
    jti: tokenId,
  });
});

test('there is none for the platform’s own people', async () => {
  await expect(signer.sign({ ...caller, pattern: 'obo' })).rejects.toMatchObject({ code: 'internal' });
});
