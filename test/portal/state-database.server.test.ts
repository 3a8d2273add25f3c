import { startTestPostgres, type TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { asSupervisor, bodyOf, exchange, post } from './token-request.ts';

let postgres: TestPostgres;
let world: PortalWorld;
let database: string;
beforeAll(async () => {
  postgres = await startTestPostgres('embedded');
  database = await postgres.createDatabase();
  world = await startPortalWorld({ stateDatabaseUrl: postgres.urlOf(database) });
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

test('while nobody knows what was revoked no token is given and none is called good', async () => {
  const subject = world.issuer.token();
  const { access_token: token } = await bodyOf(await exchange(world, subject));
  const rename = (from: string, to: string) =>
    postgres.asAdmin((client) => client.query(`ALTER TABLE ${from} RENAME TO ${to}`), database);
  const statuses = async () => {
    const asked = [
      exchange(world, subject),
      post(`${world.url}/oauth/token`, { grant_type: 'client_credentials', resource: RESOURCE }, asSupervisor(world)),
      post(`${world.url}/oauth/introspect`, { token }, asSupervisor(world)),
    ];
    return Promise.all(
      (await Promise.all(asked)).map(async (response) =>
        response.status === 503
          ? `${(await bodyOf(response))['error']} ${response.headers.get('retry-after')}`
          : response.status,
      ),
    );
  };
  expect(await statuses()).toEqual([200, 200, 200]);
  await rename('causeway_revocations_version', 'away');
  try {
    world.clock.monotonicAheadMs += 31_000;
    // A look at the table that was under way when it went may still have read it.
    const unknown = 'temporarily_unavailable 5';
    await expect.poll(statuses, { timeout: 60_000 }).toEqual([unknown, unknown, unknown]);
  } finally {
    await rename('away', 'causeway_revocations_version');
  }
  await expect.poll(statuses, { timeout: 60_000 }).toEqual([200, 200, 200]);
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
