import { rotateSigningKeys } from '@causeway/auth';
import { requirement } from '@causeway/test-e2e/requirement';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { ask, authorize, ELENA, MONA, redeem, refresh, refreshTokenOf } from './authorize.ts';
import { clientAssertion } from './client-assertion.ts';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import { TestBrowser } from './test-browser.ts';
import { ACCESS_TOKEN, asSupervisor, basic, bodyOf, exchange, post, TOKEN_EXCHANGE } from './token-request.ts';

const PINNED = 'https://apps.example/oauth/client.json';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({ policy: (text) => `${withMore(text)}\n${OUTSIDE}` });
  const document = { client_id: PINNED, client_name: 'A pinned app', redirect_uris: ['https://apps.example/callback'] };
  writeFileSync(join(world.dir, 'pinned.json'), JSON.stringify(document));
});
afterAll(() => world?.stop());

const OUTSIDE = `registration: { redirectHosts: [apps.example], metadataHosts: [localhost], metadataPins: { '${PINNED}': pinned.json, 'https://apps.example/bad.json': pinned.json } }
idJag: [{ provider: test, clients: [assistant] }]\n`;

const withMore = (text: string) =>
  text
    .replace(
      'agents:\n',
      `agents:\n  careful: { client: careful, role: executive, mayActFor: [managers], scopes: [sql, audit] }\n`,
    )
    .replace(
      'clients:\n',
      `clients:
  careful: { auth: private_key_jwt, jwksFile: clients/causeway-mcp.jwks.json, grants: [client_credentials, token_exchange] }
  assistant: { auth: secret, secretFile: clients/supervisor.secret, grants: [jwt_bearer] }\n`,
    );

const askToken = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  post(`${world.url}/oauth/token`, form, headers);
const introspect = async (token: string): Promise<unknown> =>
  (await post(`${world.url}/oauth/introspect`, { token }, asSupervisor(world))).json();

/** The careful agent asks for this human. */
async function careful(subject: string): Promise<Response> {
  const own = { grant_type: 'client_credentials', resource: world.url, ...(await clientAssertion(world, 'careful')) };
  const { access_token: actor } = await bodyOf(await askToken(own));
  const proof = await clientAssertion(world, 'careful');
  return exchange(world, subject, {
    form: { client_id: '', ...proof, actor_token: actor, actor_token_type: ACCESS_TOKEN },
  });
}

requirement('portal-host-421', 'a foreign Host', async () => {
  const { hostname, port } = new URL(world.url);
  for (const path of ['/', '/oauth/token', '/.well-known/oauth-authorization-server']) {
    const { promise, resolve } = Promise.withResolvers<number | undefined>();
    request({ hostname, port, path, headers: { host: 'evil.example' } }, ({ statusCode }) => resolve(statusCode)).end();
    expect(await promise).toBe(421);
  }
});

requirement(
  ['agent-private-key-jwt', 'agent-consent'],
  'an agent with keys, and without the human’s consent',
  async () => {
    const own = { grant_type: 'client_credentials', ...(await clientAssertion(world, 'careful')) };
    expect(decodeJwt((await bodyOf(await askToken(own))).access_token)).toMatchObject({
      act: { sub: 'agent:careful' },
    });
    const response = await careful(world.issuer.token());
    expect(response.status).toBe(400);
    expect(world.eventOf(response)?.outcome).toMatchObject({ reason: expect.stringContaining('has not consented') });
  },
);

requirement('agent-may-act-for', 'an agent for somebody whose groups it may not work for', async () => {
  await world.policy((text) => text.replace('scopes: [sql, audit] }', 'scopes: [sql, audit], consent: admin }'));
  const boss = () => careful(world.issuer.token(world.issuer.claims({ roles: ['boss'] })));
  await expect.poll(async () => (await careful(world.issuer.token())).status, { timeout: 60_000 }).toBe(200);
  const response = await boss();
  expect(response.status).toBe(400);
  expect(world.eventOf(response)?.outcome).toMatchObject({ reason: expect.stringContaining('may act for nobody') });
});

requirement(
  ['assertion-only-mcp', 'assertion-shape', 'assertion-others-refused'],
  'the platform assertion',
  async () => {
    const { access_token: principal } = await bodyOf(await exchange(world, world.issuer.token()));
    const audience = `${world.idps.baseUrl}/workspace/v1/token`;
    const form = { grant_type: TOKEN_EXCHANGE, subject_token: principal, subject_token_type: ACCESS_TOKEN, audience };
    const { access_token: assertion } = await bodyOf(
      await askToken({ ...form, ...(await clientAssertion(world, 'causeway-mcp')) }),
    );
    const { iat = 0, exp = 0, ...claims } = decodeJwt(assertion);
    expect([exp - iat, claims.aud, claims.sub]).toEqual([600, audience, decodeJwt(principal).sub]);
    expect((await askToken({ ...form, client_id: 'causeway-mcp' })).status).toBe(401);
    expect((await askToken({ ...form, client_id: 'partner-portal' })).status).toBe(400);
    const foreign = await exchange(world, principal);
    expect(world.eventOf(foreign)?.outcome).toMatchObject({ reason: 'subject_token: own_token' });
  },
);

requirement('portal-jwt-bearer-id-jag', 'an assertion of a configured issuer, once', async () => {
  const claims = { aud: world.url, client_id: 'assistant', resource: RESOURCE, scope: 'sql', jti: randomUUID() };
  const assertion = world.issuer.token(world.issuer.claims(claims), { typ: 'oauth-id-jag+jwt' });
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
  const headers = basic('assistant', world.supervisorSecret);
  expect(await bodyOf(await askToken(form, headers))).toMatchObject({ scope: 'sql' });
  expect((await askToken(form, headers)).status).toBe(400);
});

requirement('portal-register-hosts', 'registration for the hosts of the policy, and no other', async () => {
  const register = (redirect: string) => {
    const body = JSON.stringify({ redirect_uris: [redirect], token_endpoint_auth_method: 'none' });
    return fetch(`${world.url}/oauth/register`, { method: 'POST', body });
  };
  expect((await register('https://apps.example/callback')).status).toBe(201);
  expect((await register('https://evil.example/callback')).status).toBe(400);
});

requirement(
  ['portal-cimd', 'portal-cimd-pins', 'portal-cimd-ssrf'],
  'pinned, of another client, at a private address',
  async () => {
    const open = async (client_id: string) =>
      new TestBrowser('http://nowhere/').open(
        ask(world, { client_id, redirect_uri: 'https://apps.example/callback' }).url,
      );
    expect((await open(PINNED)).text).toContain('Sign in with your company');
    expect((await open('https://apps.example/bad.json')).status).toBe(400);
    expect((await open('https://localhost/client.json')).status).toBe(400);
    expect(world.logs.join('')).toContain('outside the network');
  },
);

requirement(
  'refresh-reuse-detected',
  'a lost answer may be asked for again for 30 seconds; a reuse ends the grant',
  async () => {
    const { asked, code } = await authorize(world, MONA);
    const first = await refreshTokenOf(await redeem(world, { code, asked }));
    await refresh(world, first);
    const again = await bodyOf(await refresh(world, first));
    expect(again).toHaveProperty('refresh_token');
    await world.passTime(31_000);
    expect((await refresh(world, first)).status).toBe(400);
    world.clock.aheadMs = 0;
    expect((await refresh(world, String(again['refresh_token']))).status).toBe(400);
    expect(await introspect(again.access_token)).toEqual({ active: false });
  },
);

requirement('refresh-lifetimes', 'idle, and absolute', async () => {
  const begin = async () => {
    const { asked, code } = await authorize(world, MONA);
    return refreshTokenOf(await redeem(world, { code, asked }));
  };
  await world.policy((text) => `${text}lifetimes: { refreshIdleSeconds: 2 }\n`);
  const idle = await begin();
  await delay(3000);
  expect((await refresh(world, idle)).status).toBe(400);
  await world.policy((text) => `${text}lifetimes: { refreshAbsoluteSeconds: 120 }\n`);
  const first = await begin();
  // Two minutes after the sign-in, but for three seconds: what is given out then lives for these.
  await world.passTime(117_000);
  const last = await refresh(world, first);
  expect(last.status).toBe(200);
  await delay(4000);
  expect((await refresh(world, await refreshTokenOf(last))).status).toBe(400);
  world.clock.aheadMs = 0;
  await world.policy((text) => text);
});

requirement('refresh-role-mapped-anew', 'a changed mapping counts at the next refresh', async () => {
  const { asked, code } = await authorize(world, ELENA);
  let token = await refreshTokenOf(await redeem(world, { code, asked }));
  await world.policy((text) => text.replace('Causeway.Executive: executive', 'Causeway.Executive: finance'));
  const role = async () => {
    const body = await bodyOf(await refresh(world, token));
    token = String(body['refresh_token']);
    return decodeJwt(body.access_token)['role'];
  };
  await expect.poll(role, { timeout: 60_000, interval: 400 }).toBe('finance');
  await world.policy((text) => text);
});

requirement('refresh-idp-first', 'whoever is off-boarded at the provider is out here', async () => {
  const { asked, code } = await authorize(world, ['northwind', 'erik@northwind.example']);
  const answer = await bodyOf(await redeem(world, { code, asked }));
  world.people.splice(
    world.people.findIndex(({ email }) => email === 'erik@northwind.example'),
    1,
  );
  // Two refreshes within ten seconds ask the provider once.
  world.clock.aheadMs = 11_000;
  const response = await refresh(world, String(answer['refresh_token']));
  expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
  expect(await introspect(answer.access_token)).toEqual({ active: false });
  world.clock.aheadMs = 0;
});

requirement('portal-key-rotation', 'a new key signs, and tokens of the one before stay good', async () => {
  const principal = async () => (await bodyOf(await exchange(world, world.issuer.token()))).access_token;
  const before = await principal();
  rotateSigningKeys({ dir: join(world.dir, 'portal'), now: () => Date.now() - 60_000 });
  const kid = async () => decodeProtectedHeader(await principal()).kid;
  await expect.poll(kid, { timeout: 60_000, interval: 500 }).not.toBe(decodeProtectedHeader(before).kid);
  expect(await introspect(before)).toMatchObject({ active: true });
});
