import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PortalWorld, startPortalWorld } from './portal-world.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { asSupervisor, basic, bodyOf, exchange, post } from './token-request.ts';

const METADATA = 'https://apps.example/oauth/client.json';
const REDIRECT = 'https://apps.example/callback';

let redis: TestRedis;
let world: PortalWorld;
beforeAll(async () => {
  redis = await startTestRedis();
  world = await startPortalWorld({
    redis,
    policy: (text) =>
      `${text}\nregistration: { redirectHosts: [apps.example], metadataHosts: [localhost], metadataPins: { '${METADATA}': pinned.json, 'https://apps.example/bad.json': pinned.json } }\n`,
  });
  const document = { client_id: METADATA, client_name: 'A pinned app', redirect_uris: [REDIRECT] };
  writeFileSync(join(world.dir, 'pinned.json'), JSON.stringify(document));
});
afterAll(async () => {
  await world?.stop();
  await redis?.stop();
});

const register = (body: unknown, url = world.url) =>
  fetch(`${url}/oauth/register`, { method: 'POST', body: JSON.stringify(body) });

const good = { client_name: 'An app', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' };

async function authorize(clientId: string) {
  const verifier = randomBytes(32).toString('base64url');
  const url = new URL(`${world.url}/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const browser = new TestBrowser(REDIRECT);
  const choose = await browser.open(url);
  if (choose.status !== 200) return { choose, verifier, code: '' };
  const there = await browser.open(`${world.url}/auth/northwind/login?return_to=${choose.url.pathname}`);
  const consent = await browser.open(there.url, { ...fieldsOf(there.text), email: 'wanda@northwind.example' });
  const back = await browser.open(consent.url, { ...fieldsOf(consent.text), decision: 'allow' });
  return { choose, consent, verifier, code: back.url.searchParams.get('code') ?? '' };
}

test('a client that registers gets people signed in, and nothing else', async () => {
  const response = await register(good);
  const client = (await response.json()) as Record<string, string>;
  expect(response.status).toBe(201);
  expect(client).not.toHaveProperty('client_secret');
  expect(world.eventOf(response)).toMatchObject({ kind: 'client_registered', clientId: client['client_id'] });
  const { consent, code, verifier } = await authorize(client['client_id'] ?? '');
  expect(consent?.text).toContain('nobody here has checked it');
  const form = { grant_type: 'authorization_code', client_id: client['client_id'] ?? '', redirect_uri: REDIRECT, code };
  const token = await bodyOf(await post(`${world.url}/oauth/token`, { ...form, code_verifier: verifier }));
  expect(token).toHaveProperty('refresh_token');
  const other = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    client_id: client['client_id'] ?? '',
  };
  const refused = await post(`${world.url}/oauth/token`, { ...other, subject_token: world.issuer.token() });
  expect(await refused.json()).toMatchObject({ error: 'unauthorized_client' });
});

test('a client that registered itself learns nothing of tokens of others', async () => {
  const { client_id: id = '', client_secret: secret = '' } = (await (
    await register({ ...good, token_endpoint_auth_method: 'client_secret_basic' })
  ).json()) as Record<string, string>;
  const { access_token: token } = await bodyOf(await exchange(world, world.issuer.token()));
  const introspect = async (headers: Record<string, string>) =>
    (await post(`${world.url}/oauth/introspect`, { token }, headers)).json();
  expect(await introspect(basic(id, secret))).toEqual({ active: false });
  expect(await introspect(asSupervisor(world))).toMatchObject({ active: true });
});

test('a confidential client gets a secret, which it needs', async () => {
  const response = await register({ ...good, token_endpoint_auth_method: 'client_secret_post' });
  const { client_id: id = '', client_secret: secret = '' } = (await response.json()) as Record<string, string>;
  const revoke = (given: string) => post(`${world.url}/oauth/revoke`, { token: 'x' }, basic(id, given));
  expect((await revoke(secret)).status).toBe(200);
  expect((await revoke('no')).status).toBe(401);
  expect((await post(`${world.url}/oauth/revoke`, { token: 'x', client_id: id })).status).toBe(401);
});

test('a secret is said to end when it does, as long as nobody agreed to its client', async () => {
  const response = await register({ ...good, token_endpoint_auth_method: 'client_secret_basic' });
  const client = (await response.json()) as Record<string, unknown>;
  const [key = ''] = await redis.admin.keys(`*:client:${String(client['client_id'])}`);
  const endsAt = (await redis.admin.pexpiretime(key)) / 1000;
  const told = Number(client['client_secret_expires_at']);
  expect(told - Number(client['client_id_issued_at'])).toBe(24 * 3600);
  // It was written before the answer was made, and whole seconds are told.
  expect(endsAt).toBeGreaterThan(told - 60);
  expect(endsAt).toBeLessThan(told + 2);
});

test.each([
  ['another host', { redirect_uris: ['https://evil.example/callback'] }, 'invalid_redirect_uri'],
  ['one good and one foreign redirect', { redirect_uris: [REDIRECT, 'https://evil.example/'] }, 'invalid_redirect_uri'],
  ['a loopback redirect that is not listed', { redirect_uris: ['http://127.0.0.1/cb'] }, 'invalid_redirect_uri'],
  ['plain http', { redirect_uris: ['http://apps.example/callback'] }, 'invalid_redirect_uri'],
  ['a script', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
  ['no redirect', { redirect_uris: [] }, 'invalid_client_metadata'],
  ['another grant', { grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
  ['keys', { token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
])('%s is not registered', async (_name, change, error) => {
  const response = await register({ ...good, ...change });
  expect([response.status, await response.json()]).toMatchObject([400, { error }]);
  expect(world.eventOf(response)?.kind).toBe('client_registered');
});

test('a pinned metadata document is a client; one that is of another client, or at a private address, is none', async () => {
  const { consent, code } = await authorize(METADATA);
  expect(consent?.text).toContain('A pinned app');
  expect(code).not.toBe('');
  expect((await authorize('https://apps.example/bad.json')).choose.status).toBe(400);
  expect((await authorize('https://apps.example/other.json')).choose.status).toBe(400);
  expect((await authorize('https://localhost/client.json')).choose.status).toBe(400);
  expect(world.logs.join('')).toContain('outside the network');
});

test('there is no registration where the policy allows no host, and a host that is taken away takes its clients along', async () => {
  const client = (await (await register(good)).json()) as Record<string, string>;
  expect((await authorize(client['client_id'] ?? '')).code).not.toBe('');
  await world.policy((text) => text.replace(/\nregistration: .*\n/, '\n'));
  await expect.poll(async () => (await register(good)).status, { timeout: 60_000 }).toBe(404);
  expect((await authorize(client['client_id'] ?? '')).choose.status).toBe(400);
});

test('an address registers forty clients within an hour, and is told when to come back', async () => {
  await world.policy((text) => text);
  const answers: Response[] = [];
  for (let n = 0; n < 41; n++) answers.push(await register(good));
  const late = answers.at(-1) as Response;
  expect([late.status, await late.json()]).toMatchObject([429, { error: 'temporarily_unavailable' }]);
  expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(60);
  const registered = world.events.filter(({ kind }) => kind === 'client_registered');
  expect(registered.filter(({ outcome }) => outcome.status === 'success')).toHaveLength(40);
  expect(world.eventOf(late)?.outcome).toMatchObject({
    errorCode: 'rate_limited',
    reason: expect.stringContaining('registrations') as string,
  });
});
