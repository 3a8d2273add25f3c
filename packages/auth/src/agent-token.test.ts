import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, expect, test } from 'vitest';
import { createAgentTokenSigner, createAgentTokenVerifier } from './agent-token.ts';
import { createKeySet } from './keys/key-set.ts';
import { createTestKey, NOON, NOON_MS } from './testing/test-issuer.ts';
import { keyFolder } from './testing/test-signing-keys.ts';

const ISSUER = 'https://portal.example';
const now = () => NOON_MS;
const folder = keyFolder(now);
const keys = folder.open();
const signer = createAgentTokenSigner({ issuer: ISSUER, keys, now });
const verifier = createAgentTokenVerifier({ issuer: ISSUER, keys, now });
afterAll(() => folder[Symbol.dispose]());

test('an agent token is for the portal alone, and for five minutes', async () => {
  const { token, tokenId } = await signer.sign({ agent: { id: 'supervisor' }, clientId: 'sup' });
  expect(decodeProtectedHeader(token)['typ']).toBe('causeway-agent+jwt');
  expect(decodeJwt(token)).toEqual({
    iss: ISSUER,
    sub: 'agent:supervisor',
    aud: ISSUER,
    client_id: 'sup',
    iat: NOON,
    exp: NOON + 300,
    jti: tokenId,
  });
});

test('it says who acts, to the client that it was given to', async () => {
  const { token, tokenId, expiresAt } = await signer.sign({ agent: { id: 'supervisor' }, clientId: 'sup' });
  expect(await verifier.verify(token, 'sup')).toEqual({ ok: true, agent: { id: 'supervisor' }, tokenId, expiresAt });
  expect(await verifier.verify(token, 'other')).toEqual({ ok: false, reason: 'client_mismatch' });
});

const key = createTestKey('portal-1');
const judge = createAgentTokenVerifier({ issuer: ISSUER, keys: createKeySet({ keys: [key.jwk] }), now });
const claims = { iss: ISSUER, sub: 'agent:a', aud: ISSUER, client_id: 'sup', iat: NOON, exp: NOON + 300, jti: 'j' };
const typ = 'causeway-agent+jwt';
const cases: readonly [name: string, reason: string, claims: object, typ?: string][] = [
  ['a principal token', 'type_not_accepted', claims, 'at+jwt'],
  ['a plain JWT', 'type_not_accepted', claims, 'JWT'],
  ['for the MCP server', 'audience_mismatch', { ...claims, aud: 'https://mcp.example/mcp' }],
  ['for the MCP server as well', 'audience_mismatch', { ...claims, aud: [ISSUER, 'https://mcp.example/mcp'] }],
  ['of somebody else', 'issuer_unknown', { ...claims, iss: 'https://other.example' }],
  ['living longer than five minutes', 'lifetime_too_long', { ...claims, exp: NOON + 301 }],
  ['expired', 'expired', { ...claims, iat: NOON - 330, exp: NOON - 30 }],
  ['of nobody', 'claims_malformed', { ...claims, sub: 'agent:' }],
  ['of a human', 'claims_malformed', { ...claims, sub: 'user-1' }],
  ['of no client', 'claims_malformed', { ...claims, client_id: undefined }],
];
test('the token that the refused ones differ from is good', async () => {
  expect(await judge.verify(key.token(claims, { typ }), 'sup')).toMatchObject({ ok: true });
});
test.each(cases)('%s is refused: %s', async (_name, reason, payload, type = typ) => {
  expect(await judge.verify(key.token({ ...payload }, { typ: type }), 'sup')).toEqual({ ok: false, reason });
});
