import { createHmac } from 'node:crypto';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import { encode, TEST_AUDIENCE } from './test-issuer.ts';
import { bodyOf, exchange, post, TOKEN_EXCHANGE } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({
    policy: (text) => text.replace(/^precedence: .*$/m, 'precedence: [admin, executive, finance]'),
  });
});
afterAll(() => world.stop());

const PUBLIC = { error: 'invalid_request', error_description: 'The request is not valid.' };

describe('people of the demo providers', () => {
  test.each([
    ['wanda@northwind.example', 'west_sales', 'sql genie'],
    ['erik@northwind.example', 'east_sales', 'sql genie'],
    ['mona@fabrikam.example', 'managers', 'sql genie'],
    ['felix@fabrikam.example', 'finance', 'sql genie audit'],
    ['elena@contoso.example', 'executive', 'sql genie serving connections audit'],
    ['ada@contoso.example', 'admin', 'sql genie serving connections audit'],
  ])('%s becomes %s', async (email, role, scope) => {
    const response = await exchange(world, await world.tokenOf(email));
    const body = await bodyOf(response);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { access_token: token, ...rest } = body;
    expect(rest).toEqual({
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      expires_in: 900,
      scope,
    });
    const keys = createRemoteJWKSet(new URL(`${world.url}/oauth/jwks`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: world.url, audience: RESOURCE });
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'at+jwt' });
    expect(payload).toMatchObject({ client_id: 'partner-portal', role, scope, aud: RESOURCE });
    expect(payload['human']).toMatchObject({ email, idp: email.split(/[@.]/)[1] });
    const { iss, sub } = payload['human'] as { iss: string; sub: string };
    expect(payload['act']).toEqual({ iss, sub });
    expect(world.eventOf(response)).toMatchObject({
      kind: 'token_exchange',
      clientId: 'partner-portal',
      outcome: { status: 'success' },
      caller: { human: { email }, principal: { id: payload.sub, role }, tokenId: payload.jti },
    });
  });

  test('somebody without a mapped role is refused, and named in the trail', async () => {
    const response = await exchange(world, await world.tokenOf('noah@contoso.example'));
    expect([response.status, await response.json()]).toMatchObject([400, PUBLIC]);
    const event = world.eventOf(response);
    expect(event?.caller?.human?.email).toBe('noah@contoso.example');
    expect(event?.outcome).toMatchObject({ status: 'access_denied', reason: expect.stringContaining('means a role') });
  });
});

describe('what a token may open', () => {
  test('a scope narrows, and never widens', async () => {
    const token = world.issuer.token(world.issuer.claims({ roles: ['boss'] }));
    const narrow = await exchange(world, token, { form: { scope: 'genie sql' } });
    expect((await bodyOf(narrow))['scope']).toBe('sql genie');
    const wide = await exchange(world, world.issuer.token(), { form: { scope: 'sql audit' } });
    expect([wide.status, await wide.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
    const unknown = await exchange(world, world.issuer.token(), { form: { scope: 'everything' } });
    expect([unknown.status, await unknown.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
  });

  test('a token lives no longer than the one that it is given for', async () => {
    const exp = Math.floor(Date.now() / 1000) + 100;
    const body = await bodyOf(await exchange(world, world.issuer.token(world.issuer.claims({ exp }))));
    expect(Number(decodeJwt(body.access_token).exp)).toBeLessThanOrEqual(exp);
    expect(Number(body['expires_in'])).toBeLessThanOrEqual(100);
  });

  test('an e-mail of a domain that is not the provider’s is dropped, and identity is issuer and subject', async () => {
    const token = world.issuer.token(world.issuer.claims({ email: 'wanda@northwind.example' }));
    const { human } = decodeJwt((await bodyOf(await exchange(world, token))).access_token);
    expect(human).toEqual({ iss: world.issuer.issuer, sub: 'tess', idp: 'test' });
  });
});

describe('requests that are refused before the token is looked at', () => {
  test.each([
    ['no resource', { resource: '' }, 400, 'invalid_target'],
    ['another resource', { resource: 'https://elsewhere.example/mcp' }, 400, 'invalid_target'],
    ['an audience beside the resource', { audience: 'x' }, 400, 'invalid_target'],
    ['no client', { client_id: '' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['a client that inherits from nothing', { client_id: 'constructor' }, 401, 'invalid_client'],
    ['a confidential client that only names itself', { client_id: 'supervisor' }, 401, 'invalid_client'],
    ['a client without the grant', { client_id: 'demo-agent-host' }, 400, 'unauthorized_client'],
    ['no subject token', { subject_token: '' }, 400, 'invalid_request'],
    ['no subject token type', { subject_token_type: '' }, 400, 'invalid_request'],
    ['a SAML subject token', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 400, 'invalid_request'],
    ['an actor type alone', { actor_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 400, 'invalid_request'],
    [
      'an ID token wanted',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' },
      400,
      'invalid_request',
    ],
    ['an unknown grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['a grant of the inside', { grant_type: 'urn:causeway:inside:revoke' }, 400, 'unsupported_grant_type'],
  ])('%s', async (_name, form, status, error) => {
    const response = await exchange(world, world.issuer.token(), { form });
    const body = (await response.json()) as Record<string, unknown>;
    expect([response.status, body['error']]).toEqual([status, error]);
    expect(body['request_id']).toBe(response.headers.get('x-request-id'));
    expect(world.eventOf(response)?.outcome.status).not.toBe('success');
  });

  test('a parameter that is sent twice', async () => {
    const form = new URLSearchParams({ grant_type: TOKEN_EXCHANGE, client_id: 'partner-portal', resource: RESOURCE });
    form.append('subject_token', 'a');
    form.append('subject_token', 'b');
    const response = await post(`${world.url}/oauth/token`, form);
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  test('a JSON body, a query, a foreign Host', async () => {
    const json = await fetch(`${world.url}/oauth/token`, { method: 'POST', body: '{}' });
    expect([json.status, await json.json()]).toMatchObject([400, { error: 'invalid_request' }]);
    const query = await post(`${world.url}/oauth/token?client_id=x`, {});
    expect(query.status).toBe(400);
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      const { hostname, port } = new URL(world.url);
      request({ hostname, port, path: '/oauth/jwks', headers: { host: 'evil.example' } }, (response) =>
        resolve(response.statusCode),
      ).end();
    });
    expect(status).toBe(421);
  });
});

/** Every reason is in the trail and the log; the answer is always the same. */
describe('refused subject tokens', () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  const cases: [string, string, () => Promise<string> | string][] = [
    [
      'alg none',
      'algorithm_not_allowed',
      () => `${encode('{"alg":"none","kid":"test-key"}')}.${encode(JSON.stringify(world.issuer.claims()))}.`,
    ],
    [
      'HS256 with the public key as secret',
      'algorithm_not_allowed',
      () => {
        const input = `${encode('{"alg":"HS256","kid":"test-key"}')}.${encode(JSON.stringify(world.issuer.claims()))}`;
        return `${input}.${createHmac('sha256', world.issuer.publicPem).update(input).digest('base64url')}`;
      },
    ],
    ['a key in the header', 'key_in_header', () => world.issuer.token(world.issuer.claims(), { jwk: { kty: 'EC' } })],
    ['jku', 'key_in_header', () => world.issuer.token(world.issuer.claims(), { jku: 'https://evil.example/keys' })],
    ['x5u', 'key_in_header', () => world.issuer.token(world.issuer.claims(), { x5u: 'https://evil.example/cert' })],
    ['crit', 'critical_header', () => world.issuer.token(world.issuer.claims(), { crit: ['exp'] })],
    ['an unknown kid', 'key_unknown', () => world.issuer.token(world.issuer.claims(), { kid: 'another' })],
    ['another key with a known kid', 'signature_invalid', () => world.issuer.forgery()],
    [
      'an unknown issuer',
      'issuer_unknown',
      () => world.issuer.token(world.issuer.claims({ iss: 'https://evil.example' })),
    ],
    [
      'an issuer with a slash more',
      'issuer_spelling',
      () => world.issuer.token(world.issuer.claims({ iss: `${world.issuer.issuer}/` })),
    ],
    [
      'an issuer in capitals',
      'issuer_spelling',
      () => world.issuer.token(world.issuer.claims({ iss: world.issuer.issuer.toUpperCase() })),
    ],
    ['another audience', 'audience_mismatch', () => world.issuer.token(world.issuer.claims({ aud: 'other' }))],
    ['no audience', 'audience_missing', () => world.issuer.token(world.issuer.claims({ aud: undefined }))],
    ['expired', 'expired', () => world.issuer.token(world.issuer.claims({ exp: seconds() - 31 }))],
    ['of the future', 'issued_in_future', () => world.issuer.token(world.issuer.claims({ iat: seconds() + 40 }))],
    ['no exp', 'expiry_missing', () => world.issuer.token(world.issuer.claims({ exp: undefined }))],
    ['no iat', 'issued_at_missing', () => world.issuer.token(world.issuer.claims({ iat: undefined }))],
    ['over age', 'too_old', () => world.issuer.token(world.issuer.claims({ iat: seconds() - 3700 }))],
    ['a wrong typ', 'type_not_accepted', () => world.issuer.token(world.issuer.claims(), { typ: 'logout+jwt' })],
    ['nested', 'nested', () => world.issuer.token(world.issuer.claims(), { cty: 'JWT' })],
    ['encrypted', 'encrypted', () => Array.from('abcde', (part) => part.repeat(30)).join('.')],
    ['a token of 20 kB', 'too_large', () => world.issuer.token(world.issuer.claims({ pad: 'x'.repeat(20_000) }))],
    ['a token of 200 kB', 'too_large', () => world.issuer.token(world.issuer.claims({ pad: 'x'.repeat(200_000) }))],
    [
      'a claim twice',
      'duplicate_member',
      () => world.issuer.token(`{"sub":"admin",${JSON.stringify(world.issuer.claims()).slice(1)}`),
    ],
    ['a sub that is a number', 'subject_malformed', () => world.issuer.token(world.issuer.claims({ sub: 7 }))],
    ['no mapped role', 'means a role', () => world.issuer.token(world.issuer.claims({ roles: ['guest'] }))],
    [
      'several roles without precedence',
      'several roles',
      () => world.issuer.token(world.issuer.claims({ roles: ['tester', 'seller'] })),
    ],
    ['no JWT at all', 'not_a_jwt', () => 'hello-that-is-no-token'],
    [
      'a token of ours',
      'own_token',
      async () => (await bodyOf(await exchange(world, world.issuer.token()))).access_token,
    ],
    [
      'another provider’s signature',
      'key_unknown',
      async () => {
        const [header, , signature] = (await world.tokenOf('wanda@northwind.example')).split('.');
        const alg = decodeProtectedHeader(await world.tokenOf('wanda@northwind.example')).alg;
        expect(alg).toBe('RS256');
        return `${header}.${encode(JSON.stringify(world.issuer.claims()))}.${signature}`;
      },
    ],
  ];

  test.each(cases)('%s: %s', async (_name, reason, make) => {
    const token = await make();
    const before = world.logs.length;
    const response = await exchange(world, token);
    const text = await response.text();
    expect([response.status, JSON.parse(text)]).toEqual([
      400,
      { ...PUBLIC, request_id: response.headers.get('x-request-id') },
    ]);
    const { outcome, kind } = world.eventOf(response) ?? {};
    expect(kind).toBe('token_exchange');
    expect(outcome).toMatchObject({ reason: expect.stringContaining(reason) });
    const logged = world.logs.slice(before).join('');
    expect(logged).toContain(reason);
    // Nothing that was sent is in the log or the trail.
    const [, payload = token] = token.split('.');
    expect(logged).not.toContain(payload.slice(0, 60));
    expect(JSON.stringify(world.events)).not.toContain(payload.slice(0, 60));
  });

  test('an audience among several is accepted', async () => {
    const response = await exchange(world, world.issuer.token(world.issuer.claims({ aud: ['x', TEST_AUDIENCE] })));
    expect(response.status).toBe(200);
  });
});
