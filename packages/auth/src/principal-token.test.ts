import { type Agent, type Human, SCOPES } from '@causeway/core';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createAgentTokenSigner } from './agent-token.ts';
import { createKeySet } from './keys/key-set.ts';
import { createPrincipalTokenSigner, createPrincipalTokenVerifier, type PrincipalGrant } from './principal-token.ts';
import type { Revocable } from './revocable.ts';
import type { RevocationFeed } from './revocations/revocation-feed.ts';
import { staleFeed } from './testing/stale-feed.ts';
import { createTestKey, NOON, NOON_MS } from './testing/test-issuer.ts';
import { keyFolder } from './testing/test-signing-keys.ts';

const ISSUER = 'https://portal.example';
const RESOURCE = 'https://mcp.example/mcp';
const PRINCIPAL = '6f0c7d5e-1a52-4c36-8d1f-0b7a3a0d9c01';
const clock = { ms: NOON_MS };
const now = () => clock.ms;
const folder = keyFolder(now);
const keys = folder.open();
const revoked: Revocable[] = [];
const revocationOf = (whats: readonly Revocable[]) => {
  const what = whats.find((one) => revoked.some((other) => JSON.stringify(one) === JSON.stringify(other)));
  return what && { what, reason: 'by the test' };
};
const signer = createPrincipalTokenSigner({ issuer: ISSUER, resource: RESOURCE, keys, now });
const verifier = createPrincipalTokenVerifier({ issuer: ISSUER, resource: RESOURCE, keys, now, revocationOf });

beforeEach(() => {
  clock.ms = NOON_MS;
  revoked.length = 0;
  verifier.clear();
});
afterAll(() => folder[Symbol.dispose]());

const human: Human = { issuer: 'https://id.example', subject: 'user-1', email: 'pat@plain.example', idp: 'plain' };
const agent: Agent = { id: 'supervisor' };
const grant: PrincipalGrant = {
  principal: { id: PRINCIPAL, role: 'west_sales', groups: ['west_sales', 'staff'] },
  human,
  agent: undefined,
  scopes: ['sql', 'genie'],
  clientId: 'partner-portal',
  notAfter: undefined,
};

describe('a principal token', () => {
  test('says exactly what the contract says', async () => {
    const { token, tokenId, expiresAt } = await signer.sign(grant);
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys.current.kid });
    expect(decodeJwt(token)).toEqual({
      iss: ISSUER,
      sub: PRINCIPAL,
      aud: RESOURCE,
      client_id: 'partner-portal',
      scope: 'sql genie',
      iat: NOON,
      exp: NOON + 900,
      jti: tokenId,
      role: 'west_sales',
      groups: ['west_sales', 'staff'],
      human: { iss: 'https://id.example', sub: 'user-1', email: 'pat@plain.example', idp: 'plain' },
      act: { iss: 'https://id.example', sub: 'user-1' },
    });
    expect(expiresAt).toEqual(new Date((NOON + 900) * 1000));
  });

  test('of an agent for a human names both, the agent as the actor', async () => {
    const { token } = await signer.sign({ ...grant, agent });
    expect(decodeJwt(token)).toMatchObject({ act: { sub: 'agent:supervisor' }, human: { sub: 'user-1' } });
  });

  test('of an agent alone names no human', async () => {
    const { token } = await signer.sign({ ...grant, human: undefined, agent });
    expect(decodeJwt(token)).not.toHaveProperty('human');
    expect(decodeJwt(token)['act']).toEqual({ sub: 'agent:supervisor' });
  });

  test('of nobody is not made', async () => {
    await expect(signer.sign({ ...grant, human: undefined })).rejects.toMatchObject({ code: 'internal' });
  });

  test('never outlives the proof that it is given for, and is not made for a dead one', async () => {
    const { token } = await signer.sign({ ...grant, notAfter: new Date(NOON_MS + 120_900) });
    expect(decodeJwt(token).exp).toBe(NOON + 120);
    const dead = signer.sign({ ...grant, notAfter: new Date(NOON_MS + 900) });
    await expect(dead).rejects.toMatchObject({ code: 'invalid_request' });
  });

  test('lives as long as the policy says, and never longer than 15 minutes', async () => {
    const sign = (lifetimeSeconds: number) =>
      createPrincipalTokenSigner({ issuer: ISSUER, resource: RESOURCE, keys, now, lifetimeSeconds }).sign(grant);
    expect(decodeJwt((await sign(60)).token).exp).toBe(NOON + 60);
    expect(decodeJwt((await sign(7200)).token).exp).toBe(NOON + 900);
  });
});

describe('verified, it is the caller', () => {
  test('federation', async () => {
    const { token, tokenId, expiresAt } = await signer.sign(grant);
    expect(await verifier.verify(token)).toEqual({
      ok: true,
      clientId: 'partner-portal',
      expiresAt,
      caller: {
        pattern: 'federation',
        human,
        agent: undefined,
        principal: grant.principal,
        scopes: ['sql', 'genie'],
        expiresAt,
        tokenId,
      },
    });
  });

  test('an agent for a human', async () => {
    const { token } = await signer.sign({ ...grant, agent });
    expect(await verifier.verify(token)).toMatchObject({ caller: { pattern: 'federation', human, agent } });
  });

  test('an agent alone', async () => {
    const { token } = await signer.sign({ ...grant, human: undefined, agent, scopes: [...SCOPES] });
    const caller = { pattern: 'm2m', human: undefined, agent, scopes: SCOPES };
    expect(await verifier.verify(token)).toMatchObject({ ok: true, caller });
  });

  test('without scopes or an e-mail', async () => {
    const { token } = await signer.sign({ ...grant, scopes: [], human: { ...human, email: undefined } });
    expect(await verifier.verify(token)).toMatchObject({ caller: { scopes: [], human: { email: undefined } } });
  });
});

describe('refused', () => {
  const key = createTestKey('portal-1');
  const judge = createPrincipalTokenVerifier({
    issuer: ISSUER,
    resource: RESOURCE,
    keys: createKeySet({ keys: [key.jwk, createTestKey('rsa', 'RS256').jwk] }),
    now,
    revocationOf: () => undefined,
  });
  const claims = {
    iss: ISSUER,
    sub: PRINCIPAL,
    aud: RESOURCE,
    client_id: 'partner-portal',
    scope: 'sql',
    iat: NOON,
    exp: NOON + 900,
    jti: 'token-1',
    role: 'west_sales',
    groups: ['west_sales'],
    human: { iss: 'https://id.example', sub: 'user-1', idp: 'plain' },
    act: { iss: 'https://id.example', sub: 'user-1' },
  };
  const typ = { typ: 'at+jwt' };

  test('not the same token when nothing is wrong with it', async () => {
    expect(await judge.verify(key.token(claims, typ))).toMatchObject({ ok: true });
    expect(await judge.verify(key.token({ ...claims, scope: 'sql future' }, typ))).toMatchObject({
      caller: { scopes: ['sql'] },
    });
  });

  const cases: readonly [name: string, reason: string, claims: object, header?: object][] = [
    ['of another issuer', 'issuer_unknown', { ...claims, iss: `${ISSUER}/` }],
    ['for another audience', 'audience_mismatch', { ...claims, aud: ISSUER }],
    ['for another audience as well', 'audience_mismatch', { ...claims, aud: [RESOURCE, 'https://other.example'] }],
    ['for our audience twice', 'audience_mismatch', { ...claims, aud: [RESOURCE, RESOURCE] }],
    ['of type JWT', 'type_not_accepted', claims, { typ: 'JWT' }],
    ['without a type', 'type_not_accepted', claims, { typ: undefined }],
    ['signed with another algorithm', 'algorithm_not_allowed', claims, { ...typ, alg: 'RS256', kid: 'rsa' }],
    ['by a key that is not the portal’s', 'key_unknown', claims, { ...typ, kid: 'other' }],
    ['expired', 'expired', { ...claims, iat: NOON - 930, exp: NOON - 30 }],
    ['living longer than 15 minutes', 'lifetime_too_long', { ...claims, exp: NOON + 901 }],
    ['without jti', 'claims_malformed', { ...claims, jti: undefined }],
    ['without client', 'claims_malformed', { ...claims, client_id: undefined }],
    ['without scope', 'claims_malformed', { ...claims, scope: undefined }],
    ['without role', 'claims_malformed', { ...claims, role: undefined }],
    ['with a principal that is no UUID', 'claims_malformed', { ...claims, sub: 'west_sales' }],
    ['with groups that are no list', 'claims_malformed', { ...claims, groups: 'admin' }],
    ['with half a human', 'claims_malformed', { ...claims, human: { sub: 'user-1' } }],
    ['without an actor', 'claims_malformed', { ...claims, act: undefined }],
    ['with an actor of no kind', 'claims_malformed', { ...claims, act: { sub: 'somebody' } }],
    ['with an agent without a name', 'claims_malformed', { ...claims, act: { sub: 'agent:' } }],
    [
      'with an actor inside the actor',
      'claims_malformed',
      { ...claims, act: { sub: 'agent:x', act: { sub: 'agent:y' } } },
    ],
    ['with another human as the actor', 'actor_mismatch', { ...claims, act: { ...claims.act, sub: 'user-2' } }],
    ['with a human of another issuer as the actor', 'actor_mismatch', { ...claims, act: { ...claims.act, iss: 'x' } }],
    ['with a human as the actor for nobody', 'actor_mismatch', { ...claims, human: undefined }],
  ];
  test.each(cases)('%s: %s', async (_name, reason, payload, header = typ) => {
    expect(await judge.verify(key.token({ ...payload }, { ...header }))).toEqual({ ok: false, reason });
  });

  test('an agent token', async () => {
    const { token } = await createAgentTokenSigner({ issuer: ISSUER, keys, now }).sign({
      agent,
      clientId: 'supervisor',
    });
    expect(await verifier.verify(token)).toEqual({ ok: false, reason: 'type_not_accepted' });
  });

  const others: [string, Revocable][] = [
    ['its human', { kind: 'human', issuer: 'https://id.example', subject: 'user-1' }],
    ['its agent', { kind: 'agent', id: 'supervisor' }],
    ['its role', { kind: 'role', role: 'west_sales' }],
  ];

  test.each(others)('at once when %s is revoked, also from memory', async (_name, what) => {
    const { token } = await signer.sign({ ...grant, agent });
    expect(await verifier.verify(token)).toMatchObject({ ok: true });
    revoked.push(what);
    expect(await verifier.verify(token)).toEqual({ ok: false, reason: 'revoked' });
  });

  test('at once when it is revoked itself, and no other token with it', async () => {
    const [one, other] = [await signer.sign(grant), await signer.sign(grant)];
    revoked.push({ kind: 'token', id: one.tokenId });
    expect(await verifier.verify(one.token)).toEqual({ ok: false, reason: 'revoked' });
    expect(await verifier.verify(other.token)).toMatchObject({ ok: true });
  });

  const judgeBy = (feed: RevocationFeed) =>
    createPrincipalTokenVerifier({
      issuer: ISSUER,
      resource: RESOURCE,
      keys,
      now,
      revocationOf: (whats) => feed.revocationOf(whats),
    });

  test.each(others)('as revoked when %s is known to be, while nobody knows of the rest', async (_name, what) => {
    const { token } = await signer.sign({ ...grant, agent });
    expect(await judgeBy(await staleFeed(what)).verify(token)).toEqual({ ok: false, reason: 'revoked' });
  });

  test('as nobody knows, when only others are known to be revoked', async () => {
    const { token } = await signer.sign({ ...grant, agent });
    const feed = await staleFeed({ kind: 'token', id: 'other' }, { kind: 'role', role: 'finance' });
    await expect(judgeBy(feed).verify(token)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});
