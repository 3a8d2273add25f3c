import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import { basic, bodyOf, post } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({
    policy: (text) =>
      `${text.replace('clients:\n', `clients:\n${CLIENT}`)}\nidJag: [{ provider: test, clients: [assistant] }]\n`,
  });
});
afterAll(() => world.stop());

const CLIENT = `  assistant: { auth: secret, secretFile: clients/supervisor.secret, grants: [jwt_bearer] }
  other: { auth: secret, secretFile: clients/supervisor.secret, grants: [jwt_bearer, token_exchange] }\n`;

const TYPE = { typ: 'oauth-id-jag+jwt' };

const claims = (overrides: Record<string, unknown> = {}) =>
  world.issuer.claims({
    aud: world.url,
    client_id: 'assistant',
    resource: RESOURCE,
    scope: 'sql genie audit',
    jti: randomUUID(),
    ...overrides,
  });

const present = (
  assertion: string,
  { id = 'assistant', form = {} }: { id?: string; form?: Record<string, string> } = {},
) =>
  post(
    `${world.url}/oauth/token`,
    { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion, ...form },
    basic(id, world.supervisorSecret),
  );

test('an assertion of a provider becomes a principal token, of no more than it allows', async () => {
  const response = await present(world.issuer.token(claims({ scope: 'sql' }), TYPE));
  const body = await bodyOf(response);
  expect([response.status, body['scope']]).toEqual([200, 'sql']);
  const token = decodeJwt(body.access_token);
  expect(token).toMatchObject({ aud: RESOURCE, role: 'managers', client_id: 'assistant', human: { sub: 'tess' } });
  expect(world.eventOf(response)).toMatchObject({ kind: 'token_exchange', clientId: 'assistant' });
  const metadata = await (await fetch(`${world.url}/.well-known/oauth-authorization-server`)).json();
  expect(metadata).toMatchObject({
    authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
  });
});

test('it works once, whoever of many presents it', async () => {
  const assertion = world.issuer.token(claims(), TYPE);
  const answers = await Promise.all([0, 1, 2].map(() => present(assertion)));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
});

test.each([
  ['of another type', () => world.issuer.token(claims()), 'type_not_accepted'],
  [
    'for another server',
    () => world.issuer.token(claims({ aud: 'https://elsewhere.example' }), TYPE),
    'audience_mismatch',
  ],
  [
    'for another resource',
    () => world.issuer.token(claims({ resource: 'https://x.example' }), TYPE),
    'resource_mismatch',
  ],
  ['for another client', () => world.issuer.token(claims({ client_id: 'other' }), TYPE), 'client_mismatch'],
  ['without an id', () => world.issuer.token(claims({ jti: undefined }), TYPE), 'claims_malformed'],
  ['that is forged', () => world.issuer.forgery(claims()), 'type_not_accepted'],
  ['of somebody without a role', () => world.issuer.token(claims({ roles: ['guest'] }), TYPE), 'means a role'],
])('an assertion %s is refused', async (_name, make, reason) => {
  const response = await present(make());
  expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
  expect(world.eventOf(response)?.outcome).toMatchObject({ reason: expect.stringContaining(reason) });
});

test('a scope beyond the assertion is refused, and so is a client that may not present any', async () => {
  const wide = await present(world.issuer.token(claims({ scope: 'sql' }), TYPE), { form: { scope: 'genie' } });
  expect([wide.status, await wide.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
  const other = await present(world.issuer.token(claims({ client_id: 'other' }), TYPE), { id: 'other' });
  expect(world.eventOf(other)?.outcome).toMatchObject({ reason: 'assertion: client_not_allowed' });
  const supervisor = await present(world.issuer.token(claims({ client_id: 'supervisor' }), TYPE), { id: 'supervisor' });
  expect([supervisor.status, await supervisor.json()]).toMatchObject([400, { error: 'unauthorized_client' }]);
});
