import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { IDP_IDS, PEOPLE } from '../people.ts';
import { DEV_CLIENT } from './issuers.ts';
import { PAGE_HEADERS } from './pages.ts';
import { PlainBrowser } from './plain-browser.ts';
import { signInAs } from './sign-in-as.ts';
import { type IdentityProviders, startIdentityProviders } from './start-identity-providers.ts';
import { PortalClient } from './testing/portal-client.ts';

const dir = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
const people = [...PEOPLE];
let providers: IdentityProviders;

beforeAll(async () => {
  providers = await startIdentityProviders({ port: 0, dir, people });
});
afterAll(async () => {
  await providers.close();
  rmSync(dir, { recursive: true });
});

const portalOf = (idp: (typeof IDP_IDS)[number]) => new PortalClient(providers, idp);
const someoneOf = (idp: (typeof IDP_IDS)[number]) => PEOPLE.find((person) => person.idp === idp)?.email ?? '';

describe.each(IDP_IDS)('signing in at %s', (idp) => {
  test('leads through the sign-in page back to the portal, with the state and the issuer', async () => {
    const portal = portalOf(idp);
    const { page } = await portal.authorize();
    expect(page?.status).toBe(200);
    for (const person of PEOPLE) expect(page?.text.includes(person.email)).toBe(person.idp === idp);
    const answer = await portal.signIn(someoneOf(idp));
    expect(answer.get('state')).toBe('the-state');
    expect(answer.get('iss')).toBe(providers.issuers[idp]);
    const { status, body } = await portal.redeem(answer.get('code') ?? '');
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual([
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'scope',
      'token_type',
    ]);
  });

  test('is remembered until the person signs out', async () => {
    const portal = portalOf(idp);
    const answer = await portal.signIn(someoneOf(idp));
    const { body } = await portal.redeem(answer.get('code') ?? '');
    expect((await portal.authorize()).page).toBeUndefined();

    const left = await portal.signOut(body['id_token']);
    expect(left.url).toBe('http://127.0.0.1:8700/?state=bye');

    expect((await portal.authorize()).page?.status).toBe(200);
  });

  test('gives a refresh token that is rotated, and ends when an old one is used again', async () => {
    const portal = portalOf(idp);
    const answer = await portal.signIn(someoneOf(idp));
    const { body: first } = await portal.redeem(answer.get('code') ?? '');
    const refresh = (token: string | undefined) =>
      portal.token({ grant_type: 'refresh_token', refresh_token: token ?? '' });
    const second = await refresh(first['refresh_token']);
    expect(second.status).toBe(200);
    expect(second.body['refresh_token']).not.toBe(first['refresh_token']);
    expect(decodeJwt(second.body['access_token'] ?? '').iss).toBe(providers.issuers[idp]);
    expect((await refresh(first['refresh_token'])).body['error']).toBe('invalid_grant');
    expect((await refresh(second.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });
});

describe('refused', () => {
  test('a redirect that is not registered, without going there', async () => {
    const { page } = await portalOf('northwind').authorize({ redirect_uri: 'http://127.0.0.1:8700/elsewhere' });
    expect(page?.status).toBe(400);
    expect(page?.text).toContain('redirect_uri');
  });

  test('another port for the portal: only the native client may choose one', async () => {
    const { page } = await portalOf('northwind').authorize({
      redirect_uri: 'http://127.0.0.1:9/auth/northwind/callback',
    });
    expect(page?.status).toBe(400);
    const native = await portalOf('northwind').authorize({
      client_id: DEV_CLIENT.id,
      redirect_uri: 'http://127.0.0.1:49152/callback',
    });
    expect(native.page?.status).toBe(200);
  });

  test.each([
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['the plain PKCE method', { code_challenge_method: 'plain' }],
    ['a token straight from the authorization endpoint', { response_type: 'token' }],
    ['a foreign resource', { resource: 'https://elsewhere.example/' }],
  ])('%s', async (_name, changed) => {
    const { url, page } = await portalOf('fabrikam').authorize(changed);
    expect(page).toBeUndefined();
    expect(url).toMatch(/[?#]error=(invalid_request|invalid_target|unsupported_response_type)&/);
  });

  test('a sign-out that leads to an address that is not registered', async () => {
    const portal = portalOf('fabrikam');
    const answer = await portal.signIn('mona@fabrikam.example');
    const { body } = await portal.redeem(answer.get('code') ?? '');
    const visit = await portal.openSignOut(body['id_token'], 'http://127.0.0.1:8700/elsewhere');
    expect(visit.page?.status).toBe(400);
    expect(visit.page?.text).toContain('post_logout_redirect_uri not registered');
  });

  test('a client that is not known', async () => {
    const { page } = await portalOf('fabrikam').authorize({ client_id: 'somebody' });
    expect(page?.status).toBe(400);
  });

  test.each([
    ['a wrong verifier', { code_verifier: 'x'.repeat(43) }],
    ['another redirect', { redirect_uri: 'http://127.0.0.1:8700/' }],
  ])('a code with %s', async (_name, changed) => {
    const portal = portalOf('contoso');
    const answer = await portal.signIn('elena@contoso.example');
    const { status, body } = await portal.redeem(answer.get('code') ?? '', changed);
    expect([status, body['error']]).toEqual([400, 'invalid_grant']);
  });

  test('a code that was used, and what it gave is worthless from then on', async () => {
    const portal = portalOf('contoso');
    const code = (await portal.signIn('elena@contoso.example')).get('code') ?? '';
    const { body } = await portal.redeem(code);
    expect((await portal.redeem(code)).body['error']).toBe('invalid_grant');
    const refreshed = await portal.token({ grant_type: 'refresh_token', refresh_token: body['refresh_token'] ?? '' });
    expect(refreshed.body['error']).toBe('invalid_grant');
  });

  test("a code of another provider's", async () => {
    const code = (await portalOf('contoso').signIn('elena@contoso.example')).get('code') ?? '';
    const { body } = await portalOf('fabrikam').redeem(code);
    expect(body['error']).toBe('invalid_grant');
  });

  test('the portal with a wrong secret', async () => {
    const { status, body } = await portalOf('northwind').token({ grant_type: 'authorization_code' }, 'x'.repeat(43));
    expect([status, body['error']]).toEqual([401, 'invalid_client']);
  });

  test.each(['client_credentials', 'password', 'urn:ietf:params:oauth:grant-type:device_code'])(
    'the grant %s',
    async (grantType) => {
      const { body } = await portalOf('northwind').token({ grant_type: grantType });
      expect(body['error']).toBe('unsupported_grant_type');
    },
  );

  test("a person of another company's, with a page that shows the address escaped", async () => {
    const { url } = await portalOf('northwind').authorize();
    expect(url).toContain('/northwind/interaction/');
    const portal = portalOf('northwind');
    const start = await portal.authorize();
    for (const email of ['mona@fabrikam.example', '<script>alert(1)</script>', '']) {
      const { page } = await portal.browser.open(start.url, { form: { email } });
      expect(page?.status).toBe(400);
      expect(page?.text).not.toContain('<script>');
    }
  });

  test('a sign-in of somebody who has left the company, and the refresh of a sign-in before that', async () => {
    const portal = portalOf('northwind');
    const answer = await portal.signIn('erik@northwind.example');
    const { body } = await portal.redeem(answer.get('code') ?? '');
    const index = people.findIndex(({ email }) => email === 'erik@northwind.example');
    const [erik] = people.splice(index, 1);
    try {
      const refreshed = await portal.token({ grant_type: 'refresh_token', refresh_token: body['refresh_token'] ?? '' });
      expect(refreshed.body['error']).toBe('invalid_grant');
      await expect(
        signInAs({ issuer: providers.issuers.northwind, email: 'erik@northwind.example' }),
      ).rejects.toMatchObject({ reason: 'unknown_person' });
    } finally {
      if (erik !== undefined) people.splice(index, 0, erik);
    }
  });

  test('the sign-in page of another browser', async () => {
    const { url } = await portalOf('northwind').authorize();
    const { page } = await new PlainBrowser().open(url, { form: { email: 'wanda@northwind.example' } });
    expect(page?.status).toBe(400);
    expect(page?.text).toContain('This sign-in is over');
  });

  test('a sign-in form of more than 4 KB', async () => {
    const portal = portalOf('northwind');
    const { url } = await portal.authorize();
    const { page } = await portal.browser.open(url, { form: { email: 'x'.repeat(5000) } });
    expect(page?.status).toBe(413);
  });

  test('a Host that is not its own', async () => {
    const { port } = new URL(providers.baseUrl);
    const status = await new Promise((resolve, reject) => {
      httpRequest({ port, path: '/northwind/.well-known/openid-configuration', headers: { host: 'rebound.example' } })
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  test.each([
    '/',
    '/northwind',
    '/elsewhere/authorize',
    '/northwind/reg',
    '/northwind/me',
    '/northwind/token/introspection',
  ])('the path %s, where there is nothing', async (path) => {
    expect((await fetch(`${providers.baseUrl}${path}`)).status).toBe(404);
  });
});

test('pages cannot be framed, run no script, and are not kept; the address that the application suggests is filled in', async () => {
  const { page } = await portalOf('contoso').authorize({ login_hint: '"><b>ada@contoso.example' });
  for (const [name, value] of Object.entries(PAGE_HEADERS)) expect(page?.headers.get(name)).toBe(value);
  expect(page?.headers.get('cache-control')).toBe('no-store');
  expect(page?.text).toContain('value="&quot;&gt;&lt;b&gt;ada@contoso.example"');
});

test('a sign-in without the wish for offline access gets no refresh token', async () => {
  const portal = portalOf('contoso');
  const answer = await portal.signIn('ada@contoso.example', { scope: 'openid email' });
  expect((await portal.redeem(answer.get('code') ?? '')).body['refresh_token']).toBeUndefined();
});

test('prompt=none does not ask: it answers for who is signed in, and refuses for who is not', async () => {
  const portal = portalOf('contoso');
  const ask = async () => {
    const visit = await portal.authorize({ prompt: 'none', scope: 'openid offline_access' });
    expect(visit.page).toBeUndefined();
    return new URL(visit.url).searchParams;
  };
  expect((await ask()).get('error')).toBe('login_required');
  await portal.signIn('ada@contoso.example', { scope: 'openid' });
  expect((await ask()).get('code')).toEqual(expect.any(String));
});

test('its cookies are for its own path: neither another issuer nor the portal on this host gets them', async () => {
  const seen: (string | undefined)[] = [];
  const portalServer = createServer((request, response) => {
    seen.push(request.headers.cookie);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(portalServer, 'listening');
  const portal = portalOf('northwind');
  await portal.signIn('wanda@northwind.example');
  const { port } = portalServer.address() as AddressInfo;
  await portal.browser.open(`http://127.0.0.1:${port}/northwind/`);
  await portal.browser.open(`http://127.0.0.1:${port}/fabrikam/oauth2/default/v1/authorize`);
  await portal.browser.open(`http://127.0.0.1:${port}/auth/northwind/callback`);
  portalServer.close();
  portalServer.closeAllConnections();
  expect(seen).toEqual([expect.stringMatching(/northwind_session=/), '', '']);
});

test('the same subject at two providers is two people', async () => {
  const own = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
  const twins = PEOPLE.map((person) => ({ ...person, subject: 'same' }));
  const started = await startIdentityProviders({ port: 0, dir: own, people: twins });
  const { accessToken, idToken } = await signInAs({
    issuer: started.issuers.workspace,
    email: 'olivia@causeway.example',
  });
  expect(decodeJwt(idToken)).toMatchObject({ sub: 'same', email: 'olivia@causeway.example' });
  expect(decodeJwt(accessToken)).toMatchObject({ sub: 'same', email: 'olivia@causeway.example', groups: ['finance'] });
  await started.close();
  rmSync(own, { recursive: true });
});

test('discovery says only what is there', async () => {
  for (const idp of IDP_IDS) {
    const document = await portalOf(idp).discovery();
    expect(document).toMatchObject({
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    });
    for (const absent of ['userinfo_endpoint', 'registration_endpoint', 'introspection_endpoint']) {
      expect(document).not.toHaveProperty(absent);
    }
  }
});

describe('starting', () => {
  test('again in the same folder keeps the keys and the secrets, for the owner alone', async () => {
    const own = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
    const kids: (string | undefined)[] = [];
    for (let start = 0; start < 2; start += 1) {
      const started = await startIdentityProviders({ port: 0, dir: join(own, 'idp') });
      const { idToken } = await signInAs({ issuer: started.issuers.contoso, email: 'ada@contoso.example' });
      kids.push(decodeProtectedHeader(idToken).kid);
      await started.close();
    }
    expect(kids[0]).toBe(kids[1]);
    expect(statSync(join(own, 'idp')).mode & 0o777).toBe(0o700);
    expect(statSync(join(own, 'idp', 'contoso.keys.json')).mode & 0o777).toBe(0o600);
    expect(statSync(join(own, 'idp', 'contoso.client-secret')).mode & 0o777).toBe(0o600);
    rmSync(own, { recursive: true });
  });

  test('with a damaged key file fails, names the file, and listens on nothing', async () => {
    const own = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
    writeFileSync(join(own, 'fabrikam.keys.json'), '{"keys":[{"kty":');
    await expect(startIdentityProviders({ port: 0, dir: own })).rejects.toThrow(
      `${join(own, 'fabrikam.keys.json')} is damaged`,
    );
    rmSync(own, { recursive: true });
  });

  test('on a taken port says so', async () => {
    const port = Number(new URL(providers.baseUrl).port);
    await expect(startIdentityProviders({ port, dir })).rejects.toThrow(
      `port ${port} of the identity providers is taken`,
    );
  });

  test.each([
    ['a host', { host: '0.0.0.0' }],
    ['a base URL', { baseUrl: 'http://idp.example:8710' }],
    ['a portal', { portalUrl: 'https://portal.example' }],
  ])('with %s beyond loopback is refused', async (_name, changed) => {
    await expect(startIdentityProviders({ port: 0, dir, ...changed })).rejects.toThrow('only speak loopback');
  });

  test('under another public address uses it everywhere, and closing frees the port', async () => {
    const own = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
    const started = await startIdentityProviders({ port: 0, dir: own, portalUrl: 'http://127.0.0.1:18700' });
    const portal = new PortalClient(started, 'northwind');
    expect((await portal.authorize()).page?.status).toBe(400);
    const { page } = await portal.authorize({ redirect_uri: 'http://127.0.0.1:18700/auth/northwind/callback' });
    expect(page?.status).toBe(200);
    await started.close();
    await expect(fetch(started.baseUrl)).rejects.toThrow('fetch failed');
    rmSync(own, { recursive: true });
  });
});
