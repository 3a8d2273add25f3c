import { describe, expect, test } from 'vitest';
import { createTestKey, hmacToken, NOON, NOON_MS, signingInput } from '../testing/test-issuer.ts';
import { AUTH0, ENTRA, OIDC, OKTA, TENANT, trusted } from '../testing/test-providers.ts';
import {
  createSubjectTokenVerifier,
  type SubjectTokenReason,
  type SubjectTokenType,
} from './subject-token-verifier.ts';

const OWN_ISSUER = 'https://portal.example';
const auth0Key = createTestKey('northwind-1', 'RS256');
const oktaKey = createTestKey('fabrikam-1', 'RS256');
const entraKey = createTestKey('contoso-1', 'RS256');
const plainKey = createTestKey('plain-1', 'ES256');
const attackerKey = createTestKey('attacker-1', 'ES256');

const clock = { ms: NOON_MS };
const now = () => clock.ms;
const providers = trusted(
  [
    [AUTH0, [auth0Key]],
    [OKTA, [oktaKey]],
    [ENTRA, [entraKey]],
    [OIDC, [plainKey]],
  ],
  now,
);
const verifier = createSubjectTokenVerifier({ providers, ownIssuer: OWN_ISSUER, now });

const plain = {
  iss: OIDC.issuer,
  sub: 'user-1',
  aud: OIDC.audience,
  iat: NOON - 60,
  exp: NOON + 600,
  jti: 'id-1',
  email: 'Pat@Plain.example',
  roles: ['reps'],
};
const without = (name: string) => Object.fromEntries(Object.entries(plain).filter(([key]) => key !== name));
const json = JSON.stringify;

describe('a subject token that is refused, with the precise reason', () => {
  const unsigned = signingInput(json({ alg: 'none', kid: 'plain-1' }), json(plain));
  const secretOfPublicKey = hmacToken(plain, plainKey.publicPem, { kid: 'plain-1' });
  const cases: readonly [name: string, reason: SubjectTokenReason, token: string, type?: SubjectTokenType][] = [
    ['alg none, without a signature', 'algorithm_not_allowed', `${unsigned}.`],
    ['alg none in other letters', 'algorithm_not_allowed', `${signingInput(json({ alg: 'nOnE' }), json(plain))}.`],
    ['alg none, with a signature', 'algorithm_not_allowed', plainKey.token(plain, { alg: 'none' })],
    ['HS256 signed with the public key', 'algorithm_not_allowed', secretOfPublicKey],
    ['an algorithm that the provider does not use', 'algorithm_not_allowed', plainKey.token(plain, { alg: 'ES384' })],
    ['no algorithm', 'algorithm_not_allowed', plainKey.token(plain, { alg: undefined })],
    ['a list of algorithms', 'algorithm_not_allowed', plainKey.token(plain, { alg: ['ES256'] })],
    ['a token of somebody who acts for the person', 'delegated', plainKey.token({ ...plain, act: { sub: 'bot' } })],
    ['an actor that is nothing', 'delegated', plainKey.token({ ...plain, act: null })],
    ['a token that is bound to a key', 'key_bound', plainKey.token({ ...plain, cnf: { jkt: 'thumbprint' } })],
    ['its own key in jwk', 'key_in_header', attackerKey.token(plain, { jwk: attackerKey.jwk, kid: 'plain-1' })],
    ['a jku', 'key_in_header', attackerKey.token(plain, { jku: 'https://attacker.example/jwks' })],
    ['an x5u', 'key_in_header', attackerKey.token(plain, { x5u: 'https://attacker.example/cert' })],
    ['an x5c', 'key_in_header', attackerKey.token(plain, { x5c: ['MII'] })],
    ['a good signature and a jku', 'key_in_header', plainKey.token(plain, { jku: `${OIDC.issuer}/jwks` })],
    ['a critical extension', 'critical_header', plainKey.token(plain, { crit: ['exp'] })],
    ['an empty list of critical extensions', 'critical_header', plainKey.token(plain, { crit: [] })],
    ['b64', 'unencoded_payload', plainKey.token(plain, { b64: false })],
    ['a nested JWT', 'nested', plainKey.token(plainKey.token(plain), { cty: 'JWT' })],
    ['a nested JWT that does not say so', 'malformed', plainKey.token(plainKey.token(plain))],
    ['five parts', 'encrypted', 'a.b.c.d.e'],
    ['two parts', 'not_a_jwt', unsigned],
    ['four parts', 'not_a_jwt', `${plainKey.token(plain)}.x`],
    ['no text at all', 'not_a_jwt', ''],
    ['padding', 'not_a_jwt', `${plainKey.token(plain)}==`],
    ['JSON serialisation', 'not_a_jwt', json({ payload: 'e30', signature: '' })],
    ['a space at the end', 'not_a_jwt', `${plainKey.token(plain)} `],
    ['200 kB', 'too_large', plainKey.token({ ...plain, padding: 'x'.repeat(200_000) })],
    ['a payload that is no object', 'malformed', plainKey.token('[]')],
    ['a payload that is null', 'malformed', plainKey.token('null')],
    ['a payload that is not JSON', 'malformed', plainKey.token('{"iss":')],
    ['a payload with a byte order mark', 'malformed', plainKey.token(`\uFEFF${json(plain)}`)],
    ['a header that is no object', 'malformed', plainKey.token(plain, '"alg"')],
    ['kid as a number', 'malformed', plainKey.token(plain, { kid: 1 })],
    ['the same claim twice', 'duplicate_member', plainKey.token(json(plain).replace('{', '{"sub":"user-0",'))],
    [
      'the same claim spelled in two ways',
      'duplicate_member',
      plainKey.token(json(plain).replace('{', String.raw`{"\u0073ub":"user-0",`)),
    ],
    [
      'the same name twice deep inside',
      'duplicate_member',
      plainKey.token(json(plain).replace('{', '{"a":[{"b":{"c":1,"c":1}}],')),
    ],
    [
      'the same header twice',
      'duplicate_member',
      plainKey.token(plain, '{"alg":"ES256","kid":"plain-1","alg":"none"}'),
    ],
    ['an unknown kid', 'key_unknown', plainKey.token(plain, { kid: 'other' })],
    ['the kid of another provider', 'key_unknown', oktaKey.token(plain, { alg: 'RS256' })],
    [
      'another provider’s signature under a known kid',
      'signature_invalid',
      attackerKey.token(plain, { kid: 'plain-1' }),
    ],
    ['no signature', 'signature_invalid', `${plainKey.token(plain).split('.').slice(0, 2).join('.')}.`],
    ['the algorithm of another kind of key', 'key_unknown', plainKey.token(plain, { alg: 'RS256' })],
    ['no issuer', 'issuer_missing', plainKey.token(without('iss'))],
    ['a list of issuers', 'issuer_missing', plainKey.token({ ...plain, iss: [OIDC.issuer] })],
    ['an unknown issuer', 'issuer_unknown', plainKey.token({ ...plain, iss: 'https://other.example' })],
    ['an issuer with one slash more', 'issuer_spelling', plainKey.token({ ...plain, iss: `${OIDC.issuer}/` })],
    ['an issuer with one slash less', 'issuer_spelling', auth0Key.token({ ...plain, iss: AUTH0.issuer.slice(0, -1) })],
    ['an issuer in other letters', 'issuer_spelling', plainKey.token({ ...plain, iss: OIDC.issuer.toUpperCase() })],
    ['our own principal token', 'own_token', plainKey.token({ ...plain, iss: OWN_ISSUER }, { typ: 'at+jwt' })],
    ['no audience', 'audience_missing', plainKey.token(without('aud'))],
    ['another audience', 'audience_mismatch', plainKey.token({ ...plain, aud: 'somebody-else' })],
    ['an audience that only begins like ours', 'audience_mismatch', plainKey.token({ ...plain, aud: 'causeway-2' })],
    ['a list of other audiences', 'audience_mismatch', plainKey.token({ ...plain, aud: ['a', 'b'] })],
    ['an empty list of audiences', 'audience_mismatch', plainKey.token({ ...plain, aud: [] })],
    ['an audience that is no text', 'audience_malformed', plainKey.token({ ...plain, aud: [OIDC.audience, 1] })],
    ['expired', 'expired', plainKey.token({ ...plain, exp: NOON - 30 })],
    ['no expiry', 'expiry_missing', plainKey.token(without('exp'))],
    ['an expiry that is text', 'time_malformed', plainKey.token({ ...plain, exp: String(NOON + 600) })],
    ['an expiry beyond all time', 'time_malformed', plainKey.token(json(plain).replace(`${NOON + 600}`, '1e400'))],
    ['issued in the future', 'issued_in_future', plainKey.token({ ...plain, iat: NOON + 31 })],
    ['no time of issue', 'issued_at_missing', plainKey.token(without('iat'))],
    ['a negative time of issue', 'time_malformed', plainKey.token({ ...plain, iat: -1 })],
    ['over age', 'too_old', plainKey.token({ ...plain, iat: NOON - 3631 })],
    ['not valid yet', 'not_yet_valid', plainKey.token({ ...plain, nbf: NOON + 31 })],
    ['a start that is text', 'time_malformed', plainKey.token({ ...plain, nbf: 'now' })],
    ['the type of an identity assertion', 'type_not_accepted', plainKey.token(plain, { typ: 'oauth-id-jag+jwt' })],
    ['the type of a logout token', 'type_not_accepted', plainKey.token(plain, { typ: 'logout+jwt' })],
    ['a type that is no text', 'type_not_accepted', plainKey.token(plain, { typ: 1 })],
    ['an access token offered as ID token', 'type_not_accepted', plainKey.token(plain, { typ: 'at+jwt' }), 'id_token'],
    ['no subject', 'subject_missing', plainKey.token(without('sub'))],
    ['a subject that is a number', 'subject_malformed', plainKey.token({ ...plain, sub: 7 })],
    ['an empty subject', 'subject_malformed', plainKey.token({ ...plain, sub: '' })],
    ['a subject of 256 characters', 'subject_malformed', plainKey.token({ ...plain, sub: 'x'.repeat(256) })],
    ['a subject with a line break', 'subject_malformed', plainKey.token({ ...plain, sub: 'a\nb' })],
    ['a subject that is an object', 'subject_malformed', plainKey.token({ ...plain, sub: { toString: 'x' } })],
  ];
  test.each(cases)('%s: %s', async (_name, reason, token, type = 'jwt') => {
    expect(await verifier.verify(token, type)).toMatchObject({ ok: false, reason });
  });

  test('a kid that several keys have, or none where there are several keys', async () => {
    const [one, two] = [createTestKey('same'), createTestKey('same')];
    const ambiguous = trusted([[OIDC, [one, two]]], now);
    const judge = createSubjectTokenVerifier({ providers: ambiguous, ownIssuer: OWN_ISSUER, now });
    expect(await judge.verify(one.token(plain))).toMatchObject({ ok: false, reason: 'key_ambiguous' });
    expect(await judge.verify(one.token(plain, { kid: undefined }))).toMatchObject({ reason: 'kid_missing' });
  });

  test('signed by a key that is too short, of another use, or a shared secret', async () => {
    const short = createTestKey('short', 'RS256', 1024);
    const forEncryption = createTestKey('enc');
    const other = createTestKey('ops');
    const keys = [
      short,
      { ...forEncryption, jwk: { ...forEncryption.jwk, use: 'enc' } },
      { ...other, jwk: { ...other.jwk, key_ops: ['sign'] } },
      { ...other, jwk: { kty: 'oct', kid: 'oct', k: 'c2VjcmV0', alg: 'HS256' } },
      { ...other, jwk: { ...other.jwk, kid: 'es384', alg: 'ES384' } },
    ];
    const judge = createSubjectTokenVerifier({ providers: trusted([[OIDC, keys]], now), ownIssuer: OWN_ISSUER, now });
    for (const token of [
      short.token(plain),
      forEncryption.token(plain),
      other.token(plain),
      other.token(plain, { kid: 'es384' }),
    ]) {
      expect(await judge.verify(token)).toMatchObject({ ok: false, reason: 'key_unknown' });
    }
  });
});

describe('a subject token that is accepted', () => {
  test('proves a human by issuer and subject, and gives the claims for the role', async () => {
    const result = await verifier.verify(plainKey.token(plain));
    expect(result).toEqual({
      ok: true,
      human: { issuer: OIDC.issuer, subject: 'user-1', email: 'pat@plain.example', idp: 'plain' },
      claims: plain,
      issuedAt: new Date((NOON - 60) * 1000),
      expiresAt: new Date((NOON + 600) * 1000),
      freshUntil: new Date((NOON - 60 + 3600) * 1000),
      tokenId: 'id-1',
    });
  });

  test('is known by its `jti`, or by its digest where that is none', async () => {
    const ids = ['id-1', undefined, 7, 'a\nb', ''].map(async (jti) => {
      const result = await verifier.verify(plainKey.token({ ...plain, jti }));
      return result.ok && result.tokenId;
    });
    const digest = expect.stringMatching(/^[\w-]{43}$/) as string;
    expect(await Promise.all(ids)).toEqual(['id-1', digest, digest, digest, digest]);
  });

  const edges: readonly [name: string, claims: object, header?: object][] = [
    ['one second inside the clock skew after its expiry', { ...plain, exp: NOON - 29 }],
    ['from 30 seconds in the future', { ...plain, iat: NOON + 30, nbf: NOON + 30 }],
    ['exactly as old as it may be', { ...plain, iat: NOON - 3630 }],
    ['with our audience among others', { ...plain, aud: ['other', OIDC.audience] }],
    ['without a type', plain],
    ['of type JWT in small letters', plain, { typ: 'jwt' }],
    ['of type application/at+jwt', plain, { typ: 'application/at+jwt' }],
    ['without kid, where there is one key', plain, { kid: undefined }],
    ['with names inside that are equal on different levels', { ...plain, a: { sub: 1, b: { sub: 2 } }, c: '"sub":{' }],
    ['with a claim named __proto__', JSON.parse(json(plain).replace('{', '{"__proto__":{"sub":"x"},')) as object],
  ];
  test.each(edges)('%s', async (_name, claims, header = {}) => {
    expect(await verifier.verify(plainKey.token({ ...claims }, { ...header }))).toMatchObject({ ok: true });
  });
});

const auth0 = {
  iss: AUTH0.issuer,
  sub: 'auth0|1',
  aud: [AUTH0.audience, `${AUTH0.issuer}userinfo`],
  iat: NOON - 60,
  exp: NOON + 600,
  azp: 'app',
  org_id: 'org_1',
  scope: 'openid',
  'https://northwind.example/roles': ['west-reps'],
};
const okta = {
  iss: OKTA.issuer,
  aud: OKTA.audience,
  iat: NOON - 60,
  exp: NOON + 600,
  groups: ['sales-managers'],
};
const oktaAccess = { ...okta, ver: 1, cid: '0oa1', uid: '00u1', sub: 'mona@fabrikam.example', scp: ['openid'] };
const oktaId = { ...okta, ver: 1, sub: '00u1', email: 'mona@fabrikam.example', email_verified: true };
const entra = {
  iss: ENTRA.issuer,
  aud: ENTRA.audience,
  iat: NOON - 60,
  nbf: NOON - 60,
  exp: NOON + 600,
  tid: TENANT,
  oid: 'person-1',
  sub: 'pairwise-a',
  scp: 'access_as_user',
  preferred_username: 'elena@contoso.example',
  roles: ['Causeway.Executive'],
};
const jwt = { typ: 'JWT' };

async function humanOf(token: string) {
  const result = await verifier.verify(token);
  return result.ok ? result.human : result.reason;
}

describe('presets', () => {
  test('Auth0: the audience is an array, claims have a namespace, the subject is `sub`', async () => {
    const human = { issuer: AUTH0.issuer, subject: 'auth0|1', email: undefined, idp: 'northwind' };
    expect(await humanOf(auth0Key.token(auth0, jwt))).toEqual(human);
    expect(await humanOf(auth0Key.token(auth0, { typ: 'at+jwt' }))).toEqual(human);
  });

  test('Okta: access and ID token of one person are the same human', async () => {
    const human = { issuer: OKTA.issuer, subject: '00u1', email: 'mona@fabrikam.example', idp: 'fabrikam' };
    expect(await humanOf(oktaKey.token(oktaAccess))).toEqual(human);
    expect(await humanOf(oktaKey.token(oktaId))).toEqual(human);
  });

  test('Entra: `oid` is the person, whatever application `sub` is made for', async () => {
    const human = { issuer: ENTRA.issuer, subject: 'person-1', email: 'elena@contoso.example', idp: 'contoso' };
    expect(await humanOf(entraKey.token(entra, jwt))).toEqual(human);
    expect(await humanOf(entraKey.token({ ...entra, sub: 'pairwise-b' }, jwt))).toEqual(human);
  });

  test('Entra: tokens of version 1 have another issuer, with a slash at its end', async () => {
    const v1 = { ...ENTRA, id: 'v1', issuer: `https://sts.windows.net/${TENANT}/`, emailClaims: ['upn'] };
    const judge = createSubjectTokenVerifier({
      providers: trusted([[v1, [entraKey]]], now),
      ownIssuer: OWN_ISSUER,
      now,
    });
    const claims = { ...entra, iss: v1.issuer, ver: '1.0', upn: 'elena@contoso.example' };
    const human = { issuer: v1.issuer, subject: 'person-1', email: 'elena@contoso.example', idp: 'v1' };
    expect(await judge.verify(entraKey.token(claims, jwt))).toMatchObject({ ok: true, human });
  });

  test('an ID token needs no type', async () => {
    expect(await verifier.verify(auth0Key.token(auth0), 'id_token')).toMatchObject({ ok: true });
  });

  const refusals: readonly [name: string, reason: SubjectTokenReason, token: string][] = [
    ['Auth0, another organisation', 'tenant_mismatch', auth0Key.token({ ...auth0, org_id: 'org_2' }, jwt)],
    ['Auth0, no organisation', 'tenant_mismatch', auth0Key.token({ ...auth0, org_id: undefined }, jwt)],
    ['Auth0, a program', 'not_a_person', auth0Key.token({ ...auth0, sub: 'app@clients' }, jwt)],
    ['Auth0, a program by its grant', 'not_a_person', auth0Key.token({ ...auth0, gty: 'client-credentials' }, jwt)],
    ['Auth0, without a type', 'type_not_accepted', auth0Key.token(auth0)],
    ['Okta, a program', 'not_a_person', oktaKey.token({ ...oktaAccess, uid: undefined, sub: '0oa1' })],
    [
      'Okta, its own API’s token',
      'type_not_accepted',
      oktaKey.token(oktaAccess, { typ: 'application/okta-internal-at+jwt' }),
    ],
    ['Entra, without a type', 'type_not_accepted', entraKey.token(entra)],
    ['Entra, another tenant', 'tenant_mismatch', entraKey.token({ ...entra, tid: 'other' }, jwt)],
    ['Entra, no tenant', 'tenant_mismatch', entraKey.token({ ...entra, tid: undefined }, jwt)],
    [
      'Entra, another tenant’s issuer',
      'issuer_unknown',
      entraKey.token({ ...entra, iss: 'https://login.microsoftonline.com/x/v2.0' }, jwt),
    ],
    ['Entra, no object id', 'subject_missing', entraKey.token({ ...entra, oid: undefined }, jwt)],
    ['Entra, a `sub` that is a number', 'subject_malformed', entraKey.token({ ...entra, sub: 7 }, jwt)],
    ['Okta, a login that is a number', 'subject_malformed', oktaKey.token({ ...oktaAccess, sub: 7 })],
    ['Entra, a program', 'not_a_person', entraKey.token({ ...entra, sub: 'person-1' }, jwt)],
    ['Entra, a program that says so', 'not_a_person', entraKey.token({ ...entra, idtyp: 'app' }, jwt)],
  ];
  test.each(refusals)('%s: %s', async (_name, reason, token) => {
    expect(await verifier.verify(token)).toMatchObject({ ok: false, reason });
  });

  test('Okta: the client can be pinned', async () => {
    const pinned = trusted([[{ ...OKTA, tenant: '0oa1' }, [oktaKey]]], now);
    const judge = createSubjectTokenVerifier({ providers: pinned, ownIssuer: OWN_ISSUER, now });
    expect(await judge.verify(oktaKey.token(oktaAccess))).toMatchObject({ ok: true });
    expect(await judge.verify(oktaKey.token({ ...oktaAccess, cid: '0oa2' }))).toMatchObject({
      reason: 'tenant_mismatch',
    });
    expect(await judge.verify(oktaKey.token(oktaId))).toMatchObject({ reason: 'tenant_mismatch' });
  });

  test('Entra: groups that were left out are refused where the role depends on them, and only there', async () => {
    const byGroups = trusted([[{ ...ENTRA, roleClaim: 'groups' }, [entraKey]]], now);
    const judge = createSubjectTokenVerifier({ providers: byGroups, ownIssuer: OWN_ISSUER, now });
    for (const sign of [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }, { hasgroups: 'true' }]) {
      const token = entraKey.token({ ...entra, ...sign }, jwt);
      expect(await judge.verify(token)).toMatchObject({ ok: false, reason: 'groups_overage' });
      expect(await verifier.verify(token)).toMatchObject({ ok: true });
    }
    expect(await judge.verify(entraKey.token({ ...entra, groups: ['a'] }, jwt))).toMatchObject({ ok: true });
    const withoutRoles = entraKey.token({ ...entra, roles: undefined, hasgroups: true }, jwt);
    expect(await verifier.verify(withoutRoles)).toMatchObject({ ok: true });
  });
});

describe('an e-mail counts only as the provider’s own', () => {
  const cases: readonly [name: string, claims: object, email: string | undefined][] = [
    ['of its domain', { email: 'pat@plain.example' }, 'pat@plain.example'],
    ['of another provider’s people', { email: 'wanda@northwind.example' }, undefined],
    ['of a domain below', { email: 'pat@sub.plain.example' }, undefined],
    ['with two at signs', { email: 'pat@northwind.example@plain.example' }, undefined],
    ['of a domain that only ends alike', { email: 'pat@notplain.example' }, undefined],
    ['with a line break', { email: 'pat@plain.example\n' }, undefined],
    ['in another script', { email: 'pаt@plain.example' }, undefined],
    ['that is called unverified', { email: 'pat@plain.example', email_verified: false }, undefined],
    ['that is called unverified in text', { email: 'pat@plain.example', email_verified: 'false' }, undefined],
    ['that is no text', { email: ['pat@plain.example'] }, undefined],
  ];
  test.each(cases)('%s', async (_name, claims, email) => {
    const result = await verifier.verify(plainKey.token({ ...plain, ...claims }));
    expect(result).toMatchObject({ ok: true });
    expect(result.ok && result.human.email).toBe(email);
  });

  test('and a foreign one hides the next claim instead of falling back to it', async () => {
    const token = entraKey.token({ ...entra, email: 'wanda@northwind.example' }, jwt);
    const result = await verifier.verify(token);
    expect(result.ok && result.human.email).toBeUndefined();
  });
});

describe('while it is asked again', () => {
  test('a result is given out from memory, and not beyond the expiry', async () => {
    const token = plainKey.token({ ...plain, exp: NOON + 20 });
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(first);
    clock.ms += 20_000;
    expect(await verifier.verify(token)).not.toBe(first);
    clock.ms += 30_000;
    expect(await verifier.verify(token)).toMatchObject({ reason: 'expired' });
    clock.ms = NOON_MS;
  });

  test('nor beyond the age that the provider’s tokens may have', async () => {
    const token = plainKey.token({ ...plain, iat: NOON, exp: NOON + 86_400 });
    clock.ms = NOON_MS + 3590_000;
    expect(await verifier.verify(token)).toMatchObject({ ok: true });
    clock.ms = NOON_MS + 3631_000;
    expect(await verifier.verify(token)).toMatchObject({ reason: 'too_old' });
    clock.ms = NOON_MS;
  });

  test('what was accepted as one kind of token is judged anew as another', async () => {
    const token = plainKey.token(plain, { typ: 'at+jwt' });
    expect(await verifier.verify(token, 'access_token')).toMatchObject({ ok: true });
    expect(await verifier.verify(token, 'id_token')).toMatchObject({ reason: 'type_not_accepted' });
  });
});

describe('explain', () => {
  test('names every check in the order in which it is made', async () => {
    const { steps, result } = await verifier.explain(plainKey.token(plain));
    expect(result).toMatchObject({ ok: true });
    expect(steps.map(({ check, passed }) => `${passed ? 'ok' : 'no'} ${check}`)).toEqual([
      'ok form',
      'ok issued by somebody else',
      'ok provider',
      'ok algorithm',
      'ok no key in the header',
      'ok no critical extension',
      'ok encoded payload',
      'ok type',
      'ok issuer',
      'ok audience',
      'ok expiry',
      'ok not before',
      'ok age',
      'ok signature',
      'ok tenant',
      'ok a person',
      'ok by themselves',
      'ok not bound to a key',
      'ok subject',
      'ok roles are all here',
    ]);
  });

  test('ends with the check that refuses', async () => {
    const { steps, result } = await verifier.explain(plainKey.token({ ...plain, aud: 'other' }));
    expect(result).toEqual({ ok: false, reason: 'audience_mismatch', idp: 'plain' });
    expect(steps.at(-1)).toEqual({ check: 'audience', passed: false });
  });
});
