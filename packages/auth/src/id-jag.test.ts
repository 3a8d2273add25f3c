import { expect, test } from 'vitest';
import { createIdJagVerifier, type ReplayStore } from './id-jag.ts';
import { createTestKey, NOON, NOON_MS } from './testing/test-issuer.ts';
import { ENTRA, OIDC, OKTA, trusted } from './testing/test-providers.ts';

const PORTAL = 'https://portal.example';
const RESOURCE = 'https://mcp.example/mcp';
const oktaKey = createTestKey('fabrikam-1', 'RS256');
const plainKey = createTestKey('plain-1');
const entraKey = createTestKey('contoso-1', 'RS256');
const now = () => NOON_MS;

function setUp() {
  const used = new Map<string, Date>();
  const replays: ReplayStore = {
    firstUse: async ({ issuer, id, until }) => {
      const key = `${issuer} ${id}`;
      if (used.has(key)) return false;
      used.set(key, until);
      return true;
    },
  };
  const verifier = createIdJagVerifier({
    providers: trusted(
      [
        [{ ...OKTA, tenant: '0oa-of-access-tokens' }, [oktaKey]],
        [ENTRA, [entraKey]],
        [OIDC, [plainKey]],
      ],
      now,
    ),
    issuers: () => [
      { provider: 'fabrikam', clients: ['agent-host'] },
      { provider: 'contoso', clients: ['agent-host'] },
    ],
    ownIssuer: PORTAL,
    resource: RESOURCE,
    replays,
    now,
  });
  return { used, verifier };
}

const claims = {
  iss: OKTA.issuer,
  sub: '00u1',
  aud: PORTAL,
  client_id: 'agent-host',
  resource: RESOURCE,
  scope: 'sql genie chat.read',
  jti: 'jag-1',
  iat: NOON,
  exp: NOON + 300,
  email: 'mona@fabrikam.example',
  groups: ['sales-managers'],
};
const typ = { typ: 'oauth-id-jag+jwt' };

test('it names the human, the claims for the role, and the most that a token may open', async () => {
  const { verifier, used } = setUp();
  expect(await verifier.verify(oktaKey.token(claims, typ), 'agent-host')).toEqual({
    ok: true,
    human: { issuer: OKTA.issuer, subject: '00u1', email: 'mona@fabrikam.example', idp: 'fabrikam' },
    claims,
    scopes: ['sql', 'genie'],
    tokenId: 'jag-1',
    expiresAt: new Date((NOON + 300) * 1000),
  });
  expect([...used]).toEqual([[`${OKTA.issuer} jag-1`, new Date((NOON + 330) * 1000)]]);
});

test('it is good once, and its replay is remembered until nobody would accept it any more', async () => {
  const { verifier } = setUp();
  const token = oktaKey.token(claims, typ);
  expect(await verifier.verify(token, 'agent-host')).toMatchObject({ ok: true });
  expect(await verifier.verify(token, 'agent-host')).toEqual({ ok: false, reason: 'replayed', idp: 'fabrikam' });
});

const cases: readonly [name: string, reason: string, claims: object, header?: object, client?: string][] = [
  ['an ordinary token of that provider', 'type_not_accepted', claims, { typ: 'JWT' }],
  ['a token without a type', 'type_not_accepted', claims, {}],
  ['for another authorization server', 'audience_mismatch', { ...claims, aud: 'https://other.example' }],
  ['for another server as well', 'audience_mismatch', { ...claims, aud: [PORTAL, 'https://other.example'] }],
  ['for our issuer with a slash', 'audience_mismatch', { ...claims, aud: `${PORTAL}/` }],
  ['for another resource', 'resource_mismatch', { ...claims, resource: 'https://other.example/mcp' }],
  ['for another resource as well', 'claims_malformed', { ...claims, resource: [RESOURCE, 'https://other.example'] }],
  ['for no resource', 'claims_malformed', { ...claims, resource: undefined }],
  ['for another client', 'client_mismatch', { ...claims, client_id: 'other' }],
  ['for no client', 'claims_malformed', { ...claims, client_id: undefined }],
  ['without an id', 'claims_malformed', { ...claims, jti: undefined }],
  ['without an expiry', 'expiry_missing', { ...claims, exp: undefined }],
  ['without a time of issue', 'issued_at_missing', { ...claims, iat: undefined }],
  ['expired', 'expired', { ...claims, iat: NOON - 400, exp: NOON - 30 }],
  ['living longer than the provider’s maximum age', 'lifetime_too_long', { ...claims, exp: NOON + 3601 }],
  ['without a subject', 'subject_missing', { ...claims, sub: undefined }],
  ['by an unknown key', 'key_unknown', claims, { ...typ, kid: 'other' }],
  ['without a signature', 'algorithm_not_allowed', claims, { ...typ, alg: 'none' }],
  ['by a client that may not present any', 'client_not_allowed', claims, typ, 'other'],
];
test.each(cases)('%s: %s', async (_name, reason, payload, header = typ, client = 'agent-host') => {
  const { verifier, used } = setUp();
  const token = oktaKey.token({ ...payload }, { ...header });
  expect(await verifier.verify(token, client)).toEqual({ ok: false, reason, idp: 'fabrikam' });
  expect(used.size).toBe(0);
});

test('a provider that may not issue any is refused', async () => {
  const token = plainKey.token({ ...claims, iss: OIDC.issuer }, typ);
  expect(await setUp().verifier.verify(token, 'agent-host')).toMatchObject({ reason: 'issuer_not_allowed' });
});

test('one that the portal signed itself, or a stranger, is refused', async () => {
  const { verifier } = setUp();
  const [own, strange] = [PORTAL, 'https://other.example'].map((iss) => oktaKey.token({ ...claims, iss }, typ));
  expect(await verifier.verify(own!, 'agent-host')).toEqual({ ok: false, reason: 'own_token' });
  expect(await verifier.verify(strange!, 'agent-host')).toEqual({ ok: false, reason: 'issuer_unknown' });
});

test('the tenant pin of Entra holds here too', async () => {
  const token = entraKey.token({ ...claims, iss: ENTRA.issuer, oid: 'person-1', tid: 'other' }, typ);
  expect(await setUp().verifier.verify(token, 'agent-host')).toMatchObject({ reason: 'tenant_mismatch' });
});

test('a store that cannot tell whether it was used lets nothing pass', async () => {
  const verifier = createIdJagVerifier({
    providers: trusted([[OKTA, [oktaKey]]], now),
    issuers: () => [{ provider: 'fabrikam', clients: ['agent-host'] }],
    ownIssuer: PORTAL,
    resource: RESOURCE,
    replays: { firstUse: () => Promise.reject(new Error('down')) },
    now,
  });
  await expect(verifier.verify(oktaKey.token(claims, typ), 'agent-host')).rejects.toThrow('down');
});
