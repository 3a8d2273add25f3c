import { AppError, SCOPES } from '@causeway/core';
import { expect, test } from 'vitest';
import { createKeySet } from './keys/key-set.ts';
import { createPlatformTokenVerifier } from './platform-token.ts';
import { staleFeed } from './testing/stale-feed.ts';
import { createTestKey, NOON, NOON_MS } from './testing/test-issuer.ts';

const ISSUER = 'https://workspace.example/oidc';
const key = createTestKey('workspace-1', 'RS256');
const verifier = createPlatformTokenVerifier({
  issuer: ISSUER,
  audience: 'workspace',
  keys: createKeySet({ keys: [key.jwk] }),
  now: () => NOON_MS,
  revocationOf: () => undefined,
});
const claims = {
  iss: ISSUER,
  aud: 'workspace',
  sub: 'Olivia@causeway.example',
  groups: ['finance'],
  iat: NOON - 60,
  exp: NOON + 600,
  jti: 'platform-1',
};
const typ = { typ: 'JWT' };

test('the platform’s own token makes its human the principal, without a role', async () => {
  const expiresAt = new Date((NOON + 600) * 1000);
  expect(await verifier.verify(key.token(claims, typ))).toEqual({
    ok: true,
    expiresAt,
    caller: {
      pattern: 'obo',
      human: {
        issuer: ISSUER,
        subject: 'Olivia@causeway.example',
        email: 'olivia@causeway.example',
        idp: 'workspace',
      },
      agent: undefined,
      principal: { id: 'olivia@causeway.example', role: undefined, groups: ['finance'] },
      scopes: SCOPES,
      expiresAt,
      tokenId: 'platform-1',
    },
  });
});

test('an e-mail claim is the human when the subject is an id', async () => {
  const token = key.token({ ...claims, sub: '4711', email: 'olivia@causeway.example' }, typ);
  expect(await verifier.verify(token)).toMatchObject({ caller: { principal: { id: 'olivia@causeway.example' } } });
});

test('a token without `jti` is known by its digest', async () => {
  const result = await verifier.verify(key.token({ ...claims, jti: undefined, groups: undefined }, typ));
  expect(result.ok && result.caller.tokenId).toMatch(/^[\w-]{43}$/);
  expect(result.ok && result.caller.principal.groups).toEqual([]);
});

test('what was taken back is refused, also when the token is known; and everybody is while nobody knows what was', async () => {
  const revoked = new Set<string>();
  const state = { isKnown: true };
  const judge = createPlatformTokenVerifier({
    issuer: ISSUER,
    audience: 'workspace',
    keys: createKeySet({ keys: [key.jwk] }),
    now: () => NOON_MS,
    revocationOf: (whats) => {
      if (!state.isKnown) throw new AppError('upstream_unavailable', 'nobody knows');
      const what = whats.find((one) => one.kind === 'human' && revoked.has(one.subject));
      return what && { what, reason: 'left' };
    },
  });
  const token = key.token(claims, typ);
  expect(await judge.verify(token)).toMatchObject({ ok: true });
  state.isKnown = false;
  await expect(judge.verify(token)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  state.isKnown = true;
  revoked.add(claims.sub);
  expect(await judge.verify(token)).toEqual({ ok: false, reason: 'revoked' });
});

test('whose human is known to be revoked is refused as such, while nobody knows of the token', async () => {
  const feed = await staleFeed({ kind: 'human', issuer: ISSUER, subject: claims.sub });
  const judge = createPlatformTokenVerifier({
    issuer: ISSUER,
    audience: 'workspace',
    keys: createKeySet({ keys: [key.jwk] }),
    now: () => NOON_MS,
    revocationOf: (whats) => feed.revocationOf(whats),
  });
  expect(await judge.verify(key.token(claims, typ))).toEqual({ ok: false, reason: 'revoked' });
  const erik = key.token({ ...claims, sub: 'erik@causeway.example' }, typ);
  await expect(judge.verify(erik)).rejects.toMatchObject({ code: 'upstream_unavailable' });
});

const cases: readonly [name: string, reason: string, claims: object, header?: object][] = [
  ['of another issuer', 'issuer_unknown', { ...claims, iss: 'https://other.example/oidc' }],
  ['for another audience', 'audience_mismatch', { ...claims, aud: 'other' }],
  ['expired', 'expired', { ...claims, exp: NOON - 30 }],
  ['without an expiry', 'expiry_missing', { ...claims, exp: undefined }],
  ['by an unknown key', 'key_unknown', claims, { kid: 'other' }],
  ['with HS256', 'algorithm_not_allowed', claims, { alg: 'HS256' }],
  ['of type ID-JAG', 'type_not_accepted', claims, { typ: 'oauth-id-jag+jwt' }],
  ['of a service principal', 'not_a_person', { ...claims, sub: '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01' }],
  ['with an e-mail that is none', 'not_a_person', { ...claims, email: 'olivia' }],
  ['of nobody', 'claims_malformed', { ...claims, sub: undefined }],
  ['with groups that are no list', 'claims_malformed', { ...claims, groups: 'admin' }],
];
test.each(cases)('%s is refused: %s', async (_name, reason, payload, header = typ) => {
  expect(await verifier.verify(key.token({ ...payload }, { ...header }))).toEqual({ ok: false, reason });
});

test('signed by a stranger under the workspace’s key id is refused', async () => {
  const stranger = createTestKey('workspace-1', 'RS256');
  expect(await verifier.verify(stranger.token(claims, typ))).toEqual({ ok: false, reason: 'signature_invalid' });
});
