import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PortalWorld, startPortalWorld } from './portal-world.ts';
import { bodyOf, exchange } from './token-request.ts';

const ORIGIN = 'https://inspector.example';
let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({ policy: (text) => `${text}\nregistration: { redirectHosts: [apps.example] }\n` });
});
afterAll(() => world.stop());

const preflight = (path: string, method: string) =>
  fetch(`${world.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,mcp-protocol-version',
    },
  });

const OPEN = [
  ['/.well-known/oauth-authorization-server', 'GET'],
  ['/.well-known/openid-configuration', 'GET'],
  ['/oauth/jwks', 'GET'],
  ['/oauth/token', 'POST'],
  ['/oauth/revoke', 'POST'],
  ['/oauth/register', 'POST'],
] as const;

test.each(OPEN)('a script of any origin may ask %s', async (path, method) => {
  const asked = await preflight(path, method);
  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-origin')).toBe('*');
  expect(asked.headers.get('access-control-allow-methods')).toBe(method);
  for (const name of ['authorization', 'content-type', 'mcp-protocol-version']) {
    expect(asked.headers.get('access-control-allow-headers')).toContain(name);
  }
  const answer = await fetch(`${world.url}${path}`, { method, headers: { origin: ORIGIN } });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  for (const { headers } of [asked, answer]) expect(headers.has('access-control-allow-credentials')).toBe(false);
});

test('a token comes to a script like to everybody, and so does a refusal that it can read', async () => {
  const headers = { origin: ORIGIN };
  const good = await exchange(world, world.issuer.token(), { headers });
  expect([good.status, typeof (await bodyOf(good)).access_token]).toEqual([200, 'string']);
  const bad = await exchange(world, 'x', { headers });
  expect([bad.status, bad.headers.get('access-control-allow-origin')]).toEqual([400, '*']);
  expect(bad.headers.get('access-control-expose-headers')).toContain('x-request-id');
});

test.each([
  ['/oauth/authorize', 'GET'],
  ['/oauth/introspect', 'POST'],
  ['/', 'GET'],
  ['/auth/northwind/login', 'GET'],
  ['/auth/logout', 'POST'],
  ['/interaction/x', 'POST'],
  ['/health', 'GET'],
])('%s is not for scripts of other origins', async (path, method) => {
  const asked = await preflight(path, method);
  const answer = await fetch(`${world.url}${path}`, { method, headers: { origin: ORIGIN }, redirect: 'manual' });
  for (const { headers } of [asked, answer]) expect(headers.has('access-control-allow-origin')).toBe(false);
});
