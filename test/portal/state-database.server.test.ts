import { startTestPostgres, type TestPostgres } from '@causeway/platform/testing';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PortalWorld, startPortalWorld } from './portal-world.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { asSupervisor, bodyOf, exchange, post } from './token-request.ts';

let postgres: TestPostgres;
let world: PortalWorld;
beforeAll(async () => {
  postgres = await startTestPostgres('embedded');
  world = await startPortalWorld({ stateDatabaseUrl: postgres.url(await postgres.createDatabase()) });
});
afterAll(async () => {
  await world.stop();
  await postgres.stop();
});

test('without a Redis the state database does the same: exchange, sign-in, revocation', async () => {
  const token = (await bodyOf(await exchange(world, await world.tokenOf('elena@contoso.example')))).access_token;
  expect(decodeJwt(token)).toMatchObject({ role: 'executive' });
  const browser = new TestBrowser();
  const there = await browser.open(`${world.url}/auth/contoso/login`);
  const home = await browser.open(there.url, { ...fieldsOf(there.text), email: 'elena@contoso.example' });
  expect(home.text).toContain('executive');
  await post(`${world.url}/oauth/revoke`, { token, client_id: 'partner-portal' });
  const introspected = await post(`${world.url}/oauth/introspect`, { token }, asSupervisor(world));
  expect(await introspected.json()).toEqual({ active: false });
});

test('a client that cannot be one does not reach the state database', async () => {
  const form = { grant_type: 'authorization_code', client_id: 'dcr-\0', code: 'x' };
  expect((await post(`${world.url}/oauth/token`, form)).status).toBe(401);
});

test('while the state database is away nobody gets a token that could not be taken back, and then it goes on', async () => {
  await postgres.kill();
  const readiness = async () => (await fetch(`${world.url}/readyz`)).status;
  await expect.poll(readiness, { timeout: 60_000, interval: 500 }).toBe(503);
  const login = await fetch(`${world.url}/auth/contoso/login`, { redirect: 'manual' });
  expect(login.status).toBeGreaterThanOrEqual(500);
  await postgres.restart();
  await expect.poll(readiness, { timeout: 60_000, interval: 500 }).toBe(200);
  expect((await exchange(world, world.issuer.token())).status).toBe(200);
}, 40_000);
