import { requirement } from '@causeway/test-e2e/requirement';
import { createHmac } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect } from 'vitest';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import { encode, TEST_AUDIENCE } from './test-issuer.ts';
import { ACCESS_TOKEN, bodyOf, exchange, JWT } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({
    policy: (text) => text.replace(/^precedence: .*$/m, 'precedence: [admin, executive, west_sales]'),
  });
});
afterAll(() => world?.stop());

const now = () => Math.floor(Date.now() / 1000);
const token = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  world.issuer.token(world.issuer.claims(claims), header);

/** The one public answer, and the reason where it belongs. */
async function refused(subjectToken: string, reason: string): Promise<void> {
  const logged = world.logs.length;
  const response = await exchange(world, subjectToken);
  expect([response.status, await response.json()]).toEqual([
    400,
    {
      error: 'invalid_request',
      error_description: 'The request is not valid.',
      request_id: response.headers.get('x-request-id'),
    },
  ]);
  expect(world.eventOf(response)?.outcome).toMatchObject({ reason: expect.stringContaining(reason) });
  expect(world.logs.slice(logged).join('')).toContain(reason);
}

const accepted = async (subjectToken: string, form: Record<string, string> = {}) => {
  const response = await exchange(world, subjectToken, { form });
  expect(response.status).toBe(200);
  return decodeJwt((await bodyOf(response)).access_token);
};

requirement(['refusal-generic', 'refusal-reason-in-log'], 'one answer for every reason', async () => {
  await refused('no-token-at-all', 'not_a_jwt');
  await refused(world.issuer.forgery(), 'signature_invalid');
});

requirement('subject-issuer-exact', 'another issuer, a slash more, other letters', async () => {
  await refused(token({ iss: 'https://evil.example' }), 'issuer_unknown');
  await refused(token({ iss: `${world.issuer.issuer}/` }), 'issuer_spelling');
  await refused(token({ iss: world.issuer.issuer.toUpperCase() }), 'issuer_spelling');
});

requirement('subject-signature', 'another key, and a key of another provider', async () => {
  await refused(world.issuer.forgery(), 'signature_invalid');
  const [header, , signature] = (await world.tokenOf('wanda@northwind.example')).split('.');
  await refused(`${header}.${encode(JSON.stringify(world.issuer.claims()))}.${signature}`, 'key_unknown');
});

requirement('subject-keys-only-from-issuer', 'jku, x5u and jwk are not followed', async () => {
  await refused(token({}, { jku: 'https://evil.example/keys' }), 'key_in_header');
  await refused(token({}, { x5u: 'https://evil.example/cert' }), 'key_in_header');
  await refused(token({}, { jwk: { kty: 'EC' } }), 'key_in_header');
});

requirement('subject-alg-allow-list', 'none, and HS256 with the public key as secret', async () => {
  const claims = encode(JSON.stringify(world.issuer.claims()));
  await refused(`${encode('{"alg":"none"}')}.${claims}.`, 'algorithm_not_allowed');
  const input = `${encode('{"alg":"HS256","kid":"test-key"}')}.${claims}`;
  const mac = createHmac('sha256', world.issuer.publicPem).update(input).digest('base64url');
  await refused(`${input}.${mac}`, 'algorithm_not_allowed');
});

requirement('subject-exp-iat-required', 'without exp or iat', async () => {
  await refused(token({ exp: undefined }), 'expiry_missing');
  await refused(token({ iat: undefined }), 'issued_at_missing');
});

requirement(['subject-expired', 'subject-future', 'subject-skew-30s'], '30 seconds, and not one more', async () => {
  await refused(token({ exp: now() - 31 }), 'expired');
  await refused(token({ iat: now() + 35 }), 'issued_in_future');
  await accepted(token({ iat: now() + 20 }));
});

requirement('subject-max-age', 'older than the provider’s maximum', async () => {
  await refused(token({ iat: now() - 3700 }), 'too_old');
});

requirement('subject-audience', 'the configured audience, alone or among others', async () => {
  await refused(token({ aud: 'other' }), 'audience_mismatch');
  await refused(token({ aud: undefined }), 'audience_missing');
  await accepted(token({ aud: ['x', TEST_AUDIENCE] }));
});

requirement('subject-typ', 'a token of another type', async () => {
  await refused(token({}, { typ: 'logout+jwt' }), 'type_not_accepted');
});

requirement('subject-tenant-pins', 'a token of another tenant', async () => {
  await world.policy((text) =>
    text.replace('id: test, kind: oidc', 'id: test, kind: auth0, tenant: org_1, roleClaim: roles, algorithms: [ES256]'),
  );
  const ofTenant = (org_id?: string) => exchange(world, token({ org_id }));
  await expect.poll(async () => (await ofTenant()).status, { timeout: 60_000 }).toBe(400);
  expect((await ofTenant('org_1')).status).toBe(200);
  await refused(token({ org_id: 'org_2' }), 'tenant_mismatch');
  await world.policy((text) => text);
  await expect.poll(async () => (await ofTenant()).status, { timeout: 60_000 }).toBe(200);
});

requirement('subject-email-domains', 'an e-mail of another company is dropped', async () => {
  expect((await accepted(token({ email: 'wanda@northwind.example' })))['human']).not.toHaveProperty('email');
  expect(await accepted(token({ email: 'tess@test.example' }))).toMatchObject({
    human: { email: 'tess@test.example' },
  });
});

requirement('subject-no-role', 'somebody whose claims mean no role', async () => {
  await refused(token({ roles: ['guest'] }), 'means a role');
  await refused(await world.tokenOf('noah@contoso.example'), 'means a role');
});

requirement('subject-several-roles', 'precedence, and a refusal without it', async () => {
  expect(await accepted(token({ roles: ['seller', 'boss'] }))).toMatchObject({ role: 'executive' });
  await refused(token({ roles: ['tester', 'seller'] }), 'several roles');
});

requirement('subject-identity-iss-sub', 'the same sub at two issuers is two people', async () => {
  const wanda = await accepted(await world.tokenOf('wanda@northwind.example'));
  const { sub } = wanda['human'] as { sub: string };
  const other = await accepted(token({ sub }));
  expect(other['human']).toMatchObject({ sub, iss: world.issuer.issuer, idp: 'test' });
  expect(other['human']).not.toEqual(wanda['human']);
});

requirement('exchange-subject-types', 'jwt, access_token and id_token', async () => {
  for (const type of [JWT, ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:id_token']) {
    await accepted(token(), { subject_token_type: type });
  }
});

requirement(
  ['principal-token-header', 'principal-token-claims', 'principal-token-human', 'principal-token-act'],
  'every claim',
  async () => {
    const response = await exchange(world, token({ email: 'tess@test.example' }));
    const { access_token: principal } = await bodyOf(response);
    expect(decodeProtectedHeader(principal)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const human = { iss: world.issuer.issuer, sub: 'tess', email: 'tess@test.example', idp: 'test' };
    expect(decodeJwt(principal)).toEqual({
      iss: world.url,
      sub: expect.stringMatching(/^[\da-f-]{36}$/),
      aud: RESOURCE,
      client_id: 'partner-portal',
      scope: 'sql genie',
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.any(String),
      role: 'managers',
      groups: ['managers'],
      human,
      act: { iss: human.iss, sub: human.sub },
    });
  },
);

requirement('principal-token-lifetime', '15 minutes, and never longer than the subject token', async () => {
  const long = await accepted(token({ exp: now() + 3000 }));
  expect(Number(long.exp) - Number(long.iat)).toBe(900);
  const exp = now() + 120;
  expect(Number((await accepted(token({ exp }))).exp)).toBeLessThanOrEqual(exp);
});

requirement(['provider-keys-503', 'provider-keys-cached'], 'a provider whose keys cannot be had', async () => {
  await accepted(token());
  world.issuer.answerKeysWith({ status: 500, body: 'down' });
  await accepted(token());
  // A key that is not known yet cannot be told from a false one while the provider is down.
  world.clock.aheadMs += 2100;
  const response = await exchange(world, token({}, { kid: 'new' }));
  world.issuer.answerKeysWith(undefined);
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
});
