import { rotateSigningKeys } from '@causeway/auth';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PortalWorld, startPortalWorld } from './portal-world.ts';
import { startTestIssuer, TEST_AUDIENCE } from './test-issuer.ts';
import { throughReplica } from './through-replica.ts';
import { asSupervisor, basic, bodyOf, exchange, post } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld();
});
afterAll(() => world.stop());

const ask = async (token: string, headers = asSupervisor(world)) => {
  const response = await post(`${world.url}/oauth/introspect`, { token }, headers);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const principal = async () => (await bodyOf(await exchange(world, world.issuer.token()))).access_token;

describe('metadata and keys', () => {
  test('names the endpoints of this issuer, and only what is supported', async () => {
    const oauth = await (await fetch(`${world.url}/.well-known/oauth-authorization-server`)).json();
    const openid = await (await fetch(`${world.url}/.well-known/openid-configuration`)).json();
    expect(oauth).toMatchObject({ issuer: world.url, code_challenge_methods_supported: ['S256'] });
    expect(openid).toMatchObject(oauth as object);
    expect(oauth).not.toHaveProperty('registration_endpoint');
    expect(oauth).not.toHaveProperty('userinfo_endpoint');
  });

  test('publishes no private part', async () => {
    const text = await (await fetch(`${world.url}/oauth/jwks`)).text();
    expect((JSON.parse(text) as { keys: object[] }).keys.every((key) => !('d' in key))).toBe(true);
  });

  test('a rotated key signs without a restart, and tokens of the one before stay good', async () => {
    const before = await principal();
    rotateSigningKeys({ dir: join(world.dir, 'portal'), now: () => Date.now() - 60_000 });
    await expect
      .poll(async () => decodeProtectedHeader(await principal()).kid, { timeout: 60_000, interval: 500 })
      .not.toBe(decodeProtectedHeader(before).kid);
    expect((await ask(before)).body['active']).toBe(true);
    await expect.poll(() => world.events.map(({ kind }) => kind), { timeout: 60_000 }).toContain('key_rotation');
  });
});

describe('revocation and introspection', () => {
  test('a revoked token is dead in every replica within two seconds', async () => {
    const token = await principal();
    const headers = asSupervisor(world);
    expect((await ask(token)).body).toMatchObject({ active: true, client_id: 'partner-portal', role: 'managers' });
    const revoked = await post(`${world.url}/oauth/revoke`, { token, client_id: 'partner-portal' });
    expect(revoked.status).toBe(200);
    expect((await ask(token)).body).toEqual({ active: false });
    expect(world.eventOf(revoked)).toMatchObject({ kind: 'revocation', outcome: { status: 'success' } });
    const elsewhere = () => throughReplica(world, '/oauth/introspect', { form: { token }, headers });
    await expect.poll(async () => (await elsewhere()).body, { timeout: 60_000 }).toEqual({ active: false });
  });

  test('a client takes back its own tokens only', async () => {
    const token = await principal();
    const response = await post(`${world.url}/oauth/revoke`, { token }, asSupervisor(world));
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    expect((await ask(token)).body['active']).toBe(true);
  });

  test('a question about a token that is not active is in the trail, with the reason; one about a good one is not', async () => {
    const records = async (token: string) => {
      const response = await post(`${world.url}/oauth/introspect`, { token }, asSupervisor(world));
      expect(response.status).toBe(200);
      return world.eventOf(response);
    };
    const token = await principal();
    expect(await records(token)).toBeUndefined();
    await post(`${world.url}/oauth/revoke`, { token, client_id: 'partner-portal' });
    const refused = { kind: 'request_refused', clientId: 'supervisor' };
    const reasons = [await records(token), await records('x'), await records(`${token}x`)];
    expect(reasons).toMatchObject([
      { ...refused, outcome: { status: 'access_denied', reason: expect.stringMatching(/introspection: .*revoked/) } },
      { ...refused, outcome: { reason: 'introspection: no token of ours, or one that ended' } },
      { ...refused, outcome: { reason: 'introspection: no token of ours, or one that ended' } },
    ]);
    expect(JSON.stringify(reasons)).not.toContain(token);
  });

  test('a token that is none is as good as revoked, and is not active', async () => {
    for (const token of ['x', 'a.b.c', world.issuer.token()]) {
      const response = await post(`${world.url}/oauth/revoke`, { token }, asSupervisor(world));
      expect(response.status).toBe(200);
      // No `success`: anybody could fill the trail with them.
      expect(world.eventOf(response)).toMatchObject({ kind: 'revocation', outcome: { status: 'access_denied' } });
      expect(await ask(token)).toEqual({ status: 200, body: { active: false } });
    }
  });

  test('whoever has not proved to be a client learns nothing', async () => {
    const token = await principal();
    expect((await ask(token, basic('supervisor', 'no'))).status).toBe(401);
    const named = await post(`${world.url}/oauth/introspect`, { token, client_id: 'partner-portal' });
    expect(named.status).toBe(401);
    const nobody = await post(`${world.url}/oauth/revoke`, { token });
    expect(nobody.status).toBe(401);
  });
});

describe('an edit of the policy', () => {
  test('holds without a restart: clients, providers, roles, revocations', async () => {
    const other = await startTestIssuer();
    const client = '  newcomer: { grants: [token_exchange] }\n';
    const provider = `  - { id: fourth, kind: oidc, issuer: '${other.issuer}', audience: ${TEST_AUDIENCE}, network: [127.0.0.0/8], roles: { tester: finance } }\n`;
    const token = other.token();
    expect((await exchange(world, token, { form: { client_id: 'newcomer' } })).status).toBe(401);
    await world.policy((text) =>
      text.replace('clients:\n', `clients:\n${client}`).replace('providers:\n', `providers:\n${provider}`),
    );
    await expect
      .poll(async () => (await exchange(world, token, { form: { client_id: 'newcomer' } })).status, { timeout: 60_000 })
      .toBe(200);
    const kept = await principal();
    await world.policy((text) => `${text}\nrevoked: { roles: [managers] }\n`);
    await expect.poll(async () => (await ask(kept)).body, { timeout: 60_000 }).toEqual({ active: false });
    const refused = await exchange(world, world.issuer.token());
    expect(world.eventOf(refused)?.outcome).toMatchObject({ reason: expect.stringContaining('the role is revoked') });
    expect((await exchange(world, token, { form: { client_id: 'newcomer' } })).status).toBe(401);
    await world.policy((text) => text);
    await expect.poll(async () => (await exchange(world, world.issuer.token())).status, { timeout: 60_000 }).toBe(200);
    expect(world.events.filter(({ kind }) => kind === 'policy_change').length).toBeGreaterThanOrEqual(3);
    await other.stop();
  });

  test('a client’s new secret counts without a restart', async () => {
    const file = join(world.dir, 'clients', 'supervisor.secret');
    writeFileSync(file, 'another-secret\n');
    const withSecret = (secret: string) =>
      post(`${world.url}/oauth/token`, { grant_type: 'client_credentials' }, basic('supervisor', secret));
    await expect.poll(async () => (await withSecret('another-secret')).status, { timeout: 60_000 }).toBe(200);
    expect((await withSecret('supervisor-secret')).status).toBe(401);
    writeFileSync(file, 'supervisor-secret\n');
    await expect.poll(async () => (await withSecret('supervisor-secret')).status, { timeout: 60_000 }).toBe(200);
  });
});

describe('a provider in trouble', () => {
  test('is a 503 for its own people, and nothing for others; known keys hold on', async () => {
    const known = world.issuer.token();
    expect((await exchange(world, known)).status).toBe(200);
    const broken = await startTestIssuer();
    broken.answerKeysWith({ status: 200, body: '<html>sorry</html>' });
    const provider = `  - { id: broken, kind: oidc, issuer: '${broken.issuer}', audience: ${TEST_AUDIENCE}, network: [127.0.0.0/8], roles: { tester: finance } }\n`;
    await world.policy((text) => text.replace('providers:\n', `providers:\n${provider}`));
    await expect.poll(async () => (await exchange(world, broken.token())).status, { timeout: 60_000 }).toBe(503);
    const response = await exchange(world, broken.token());
    expect(await response.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(world.eventOf(response)?.outcome).toMatchObject({ reason: 'subject_token: keys_unavailable' });
    expect((await exchange(world, await world.tokenOf('wanda@northwind.example'))).status).toBe(200);
    world.issuer.answerKeysWith({ status: 500, body: 'down' });
    expect((await exchange(world, world.issuer.token())).status).toBe(200);
    world.issuer.answerKeysWith(undefined);
    await world.policy((text) => text);
    await broken.stop();
  });
});

describe('what cannot be recorded', () => {
  test('is not answered: no token, no refusal with a reason, no sign-in', async () => {
    const [good, bad] = [world.issuer.token(), world.issuer.forgery()];
    world.journal.isFull = true;
    const answers = [
      await exchange(world, good),
      await exchange(world, bad),
      await exchange(world, 'x'.repeat(60_000)),
    ];
    const login = await fetch(`${world.url}/auth/northwind/callback?state=x&code=y`);
    world.journal.isFull = false;
    for (const answer of answers) {
      const body = await answer.text();
      expect([answer.status, JSON.parse(body)]).toMatchObject([503, { error: 'temporarily_unavailable' }]);
      expect(answer.headers.get('retry-after')).not.toBeNull();
      expect(body).not.toContain('access_token');
    }
    expect(login.status).toBe(503);
    expect((await exchange(world, good)).status).toBe(200);
  });
});

describe('limits', () => {
  test('count per address, client and subject, in all replicas together', async () => {
    const limit = (name: string, count: number) => (text: string) =>
      text.replace(new RegExp(`(tokenRequestsPerMinutePer${name}): \\d+`), `$1: ${count}`);
    const tess = world.issuer.token(world.issuer.claims({ sub: 'flooded' }));
    await world.policy(limit('Subject', 5));
    const flood = async () => {
      const first = (await exchange(world, tess)).status;
      const { status } = await throughReplica(world, '/oauth/token', { form: { ...FORM, subject_token: tess } });
      return [first, status];
    };
    await expect.poll(async () => (await flood()).every((status) => status === 429), { timeout: 60_000 }).toBe(true);
    const response = await exchange(world, tess);
    expect([response.status, await response.json()]).toMatchObject([429, { error: 'temporarily_unavailable' }]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(world.eventOf(response)?.outcome).toMatchObject({ status: 'rate_limited' });
    // Everybody else is unaffected.
    expect((await exchange(world, world.issuer.token())).status).toBe(200);
    await world.policy(limit('Address', 3));
    await expect.poll(async () => (await exchange(world, 'x')).status, { timeout: 60_000 }).toBe(429);
    await world.policy((text) => text);
    await expect.poll(async () => (await exchange(world, world.issuer.token())).status, { timeout: 60_000 }).toBe(200);
  });
});

const FORM = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  client_id: 'partner-portal',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  resource: 'http://127.0.0.1:8701/mcp',
};
