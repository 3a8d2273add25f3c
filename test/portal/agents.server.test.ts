import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientAssertion } from './client-assertion.ts';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import { signIn } from './authorize.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { ACCESS_TOKEN, asSupervisor, basic, bodyOf, exchange, JWT, post, TOKEN_EXCHANGE } from './token-request.ts';

const WORKSPACE_ENDPOINT = () => `${world.idps.baseUrl}/workspace/v1/token`;

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({
    policy: (text) =>
      text
        .replace('  supervisor:\n    client: supervisor', `${CAREFUL}  supervisor:\n    client: supervisor`)
        .replace('clients:\n', `clients:\n${CAREFUL_CLIENT}`),
  });
});
afterAll(() => world.stop());

/** An agent that may act for managers only, with few scopes, and only with the human's own consent. */
const CAREFUL = `  careful: { client: careful, role: executive, mayActFor: [managers], scopes: [sql, audit] }\n`;
const CAREFUL_CLIENT =
  `  careful: { auth: private_key_jwt, jwksFile: JWKS, grants: [client_credentials, token_exchange] }\n`.replace(
    'JWKS',
    'clients/causeway-mcp.jwks.json',
  );

const token = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  post(`${world.url}/oauth/token`, form, headers);

const actorToken = async () => {
  const form = { grant_type: 'client_credentials', resource: world.url };
  return (await bodyOf(await token(form, asSupervisor(world)))).access_token;
};

const forHuman = async (subject: string, form: Record<string, string> = {}) =>
  exchange(world, subject, {
    form: { client_id: '', actor_token: await actorToken(), actor_token_type: ACCESS_TOKEN, ...form },
    headers: asSupervisor(world),
  });

/** The careful agent asks for this human. */
async function careful(subject: string, form: Record<string, string> = {}): Promise<Response> {
  const own = { grant_type: 'client_credentials', resource: world.url, ...(await clientAssertion(world, 'careful')) };
  const { access_token: actor } = await bodyOf(await token(own));
  const proof = { client_id: '', ...(await clientAssertion(world, 'careful')) };
  return exchange(world, subject, { form: { ...proof, actor_token: actor, actor_token_type: ACCESS_TOKEN, ...form } });
}

describe('an agent alone', () => {
  test('gets a token of its role, with no human in it', async () => {
    const response = await token({ grant_type: 'client_credentials', scope: 'sql' }, asSupervisor(world));
    const body = await bodyOf(response);
    expect(response.status).toBe(200);
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({ role: 'executive', scope: 'sql', aud: RESOURCE, act: { sub: 'agent:supervisor' } });
    expect(claims).not.toHaveProperty('human');
    expect(world.eventOf(response)).toMatchObject({ kind: 'agent_token', caller: { pattern: 'm2m' } });
  });

  test('names itself to the portal by a token that is worthless elsewhere', async () => {
    const claims = decodeJwt(await actorToken());
    expect(claims).toMatchObject({ aud: world.url, client_id: 'supervisor', sub: 'agent:supervisor' });
    expect(Number(claims.exp) - Number(claims.iat)).toBeLessThanOrEqual(300);
    expect(decodeProtectedHeader(await actorToken()).typ).not.toBe('at+jwt');
  });

  test.each([
    ['another resource', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['an unknown scope', { scope: 'everything' }, 'invalid_scope'],
    ['a scope for its actor token', { resource: 'PORTAL', scope: 'sql' }, 'invalid_scope'],
  ])('%s is refused', async (_name, form, error) => {
    const resource = 'resource' in form && form.resource === 'PORTAL' ? { resource: world.url } : {};
    const response = await token({ grant_type: 'client_credentials', ...form, ...resource }, asSupervisor(world));
    expect([response.status, await response.json()]).toMatchObject([400, { error }]);
  });

  test('a client that is no agent’s has no credentials of its own', async () => {
    const response = await token({ grant_type: 'client_credentials', client_id: 'partner-portal' });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'unauthorized_client' }]);
  });
});

// What has no caller is a stranger's, and shares a tenth of the journal with everybody who comes along.
describe('an agent that proved itself is no stranger in the trail', () => {
  const named = { pattern: 'm2m', human: undefined, agent: { id: 'supervisor' } };
  const alone = { grant_type: 'client_credentials' };
  const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

  test('when it gets its own token', async () => {
    const response = await token({ ...alone, resource: world.url }, asSupervisor(world));
    expect(world.eventOf(response)).toMatchObject({ caller: named, outcome: { status: 'success' } });
    const { access_token: own } = await bodyOf(response);
    const revoked = await post(`${world.url}/oauth/revoke`, { token: own }, asSupervisor(world));
    expect(world.eventOf(revoked)).toMatchObject({ kind: 'revocation', caller: named });
  });

  test.each([
    ['for another resource', { ...alone, resource: 'https://elsewhere.example' }],
    ['for a scope beyond its role', { ...alone, scope: 'everything' }],
    ['for a scope of its own token', { ...alone, resource: 'PORTAL', scope: 'sql' }],
    ['by a grant that is not an agent’s', { grant_type: JWT_BEARER, assertion: 'x' }],
    ['for nobody who is proved', { grant_type: TOKEN_EXCHANGE, resource: RESOURCE, subject_token: 'x' }],
  ])('when it is refused %s', async (_name, form: Record<string, string>) => {
    const resource = form['resource'] === 'PORTAL' ? { resource: world.url } : {};
    const response = await token({ subject_token_type: JWT, ...form, ...resource }, asSupervisor(world));
    expect(response.status).toBe(400);
    expect(world.eventOf(response)?.caller).toMatchObject(named);
  });

  test('and who only says that it is that agent is one', async () => {
    const response = await token({ ...alone, resource: 'https://elsewhere.example' }, basic('supervisor', 'no'));
    expect([response.status, world.eventOf(response)?.caller]).toEqual([401, undefined]);
  });
});

describe('an agent for a human', () => {
  test('gets a token of the human’s role, that names both', async () => {
    const response = await forHuman(await world.tokenOf('felix@fabrikam.example'), { scope: 'sql audit' });
    const claims = decodeJwt((await bodyOf(response)).access_token);
    expect(claims).toMatchObject({
      role: 'finance',
      scope: 'sql audit',
      act: { sub: 'agent:supervisor' },
      human: { email: 'felix@fabrikam.example' },
      client_id: 'supervisor',
    });
    expect(world.eventOf(response)?.caller).toMatchObject({ agent: { id: 'supervisor' }, pattern: 'federation' });
  });

  test('leaving itself out is refused', async () => {
    const response = await exchange(world, world.issuer.token(), {
      form: { client_id: '' },
      headers: asSupervisor(world),
    });
    expect(response.status).toBe(400);
    expect(world.eventOf(response)?.outcome).toMatchObject({ reason: expect.stringContaining('must name itself') });
  });

  test('a principal token, a human’s token and another client’s actor token are no actor tokens', async () => {
    const principal = await bodyOf(await token({ grant_type: 'client_credentials' }, asSupervisor(world)));
    for (const actor_token of [principal.access_token, world.issuer.token()]) {
      expect((await forHuman(world.issuer.token(), { actor_token })).status).toBe(400);
    }
    const stolen = await exchange(world, world.issuer.token(), {
      form: {
        client_id: '',
        ...(await clientAssertion(world, 'careful')),
        actor_token: await actorToken(),
        actor_token_type: JWT,
      },
    });
    expect(stolen.status).toBe(400);
    expect(world.eventOf(stolen)?.outcome).toMatchObject({ reason: expect.stringContaining('client_mismatch') });
    const publicClient = await exchange(world, world.issuer.token(), {
      form: {
        actor_token: await actorToken(),
        actor_token_type: JWT,
      },
    });
    expect(publicClient.status).toBe(400);
  });

  test('without the human’s consent it is refused', async () => {
    const response = await careful(world.issuer.token());
    expect(response.status).toBe(400);
    expect(world.eventOf(response)?.outcome).toMatchObject({
      status: 'access_denied',
      reason: 'the human has not consented to the agent "careful"',
    });
  });

  test('has what the human agreed to, and no more of it when the policy gives more', async () => {
    const subject = await world.tokenOf('mona@fabrikam.example');
    const scopeOf = async (form?: Record<string, string>) => (await bodyOf(await careful(subject, form)))['scope'];
    const browser = new TestBrowser();
    const allow = async () => {
      const { text } = await browser.open(world.url);
      const [entry = ''] = text.split('<li').filter((part) => part.includes('Agent careful'));
      await browser.open(`${world.url}/connections`, { ...fieldsOf(entry), decision: 'allow' });
      return entry;
    };
    await signIn(browser, await browser.open(world.url), ['fabrikam', 'mona@fabrikam.example']);
    await allow();
    expect(await scopeOf()).toBe('sql');

    await world.policy((text) => text.replace('scopes: [sql, audit] }', 'scopes: [sql, genie, audit] }'));
    expect(await scopeOf()).toBe('sql');
    expect(await scopeOf({ scope: 'sql' })).toBe('sql');
    const wide = await careful(subject, { scope: 'sql genie' });
    expect([wide.status, await wide.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
    expect(world.eventOf(wide)).toMatchObject({
      caller: { agent: { id: 'careful' }, human: { email: 'mona@fabrikam.example' } },
      outcome: { status: 'access_denied', errorCode: 'insufficient_scope', reason: 'scope_not_agreed' },
    });

    expect(await allow()).toContain('it may have genie too if you agree');
    expect(await scopeOf({ scope: 'sql genie' })).toBe('sql genie');
    await world.policy((text) => text);
  });

  test('a yes is for the scopes on the page, whatever the policy gives when it comes', async () => {
    const subject = await world.tokenOf('felix@fabrikam.example');
    const browser = new TestBrowser();
    await signIn(browser, await browser.open(world.url), ['fabrikam', 'felix@fabrikam.example']);
    const csrf = fieldsOf((await browser.open(world.url)).text)['csrf'] ?? '';
    const say = (form: Record<string, string>) =>
      browser.open(`${world.url}/connections`, { csrf, application: 'agent:supervisor', ...form });
    await say({ decision: 'allow', scope: 'sql everything' });
    expect((await bodyOf(await forHuman(subject)))['scope']).toBe('sql');
    // A page of an older version has none, and one of before an edit may have none that counts.
    for (const scope of [{}, { scope: '' }, { scope: 'everything' }]) {
      expect((await say({ decision: 'allow', ...scope })).status).toBe(400);
    }
    expect((await bodyOf(await forHuman(subject)))['scope']).toBe('sql');
  });

  test('a revoked actor token is refused', async () => {
    const actor = await actorToken();
    expect((await post(`${world.url}/oauth/revoke`, { token: actor }, asSupervisor(world))).status).toBe(200);
    const response = await forHuman(world.issuer.token(), { actor_token: actor });
    expect(world.eventOf(response)?.outcome).toMatchObject({ reason: 'actor_token: revoked' });
  });
});

test('the token of an agent whose client is another one’s now is worth nothing', async () => {
  const actor = await actorToken();
  const introspect = async (): Promise<unknown> =>
    (await post(`${world.url}/oauth/introspect`, { token: actor }, asSupervisor(world))).json();
  expect(await introspect()).toMatchObject({ active: true, sub: 'agent:supervisor' });
  await world.policy((text) =>
    text.replace('  supervisor:\n    client: supervisor', '  assistant:\n    client: supervisor'),
  );
  expect(await introspect()).toEqual({ active: false });
  const response = await forHuman(world.issuer.token(), { actor_token: actor });
  expect(world.eventOf(response)).toMatchObject({
    caller: { agent: { id: 'assistant' } },
    outcome: { reason: 'actor_token: the agent is not the client’s any more' },
  });
  await world.policy((text) => text);
});

describe('how clients prove themselves', () => {
  const own = { grant_type: 'client_credentials' };
  const credentials = { client_id: 'supervisor', client_secret: 'supervisor-secret' };

  test('by secret in the header, in the body, or identically in both', async () => {
    expect((await token(own, asSupervisor(world))).status).toBe(200);
    expect((await token({ ...own, ...credentials })).status).toBe(200);
    expect((await token({ ...own, ...credentials }, asSupervisor(world))).status).toBe(200);
  });

  test.each([
    ['a wrong secret', {}, basic('supervisor', 'no'), 401, 'invalid_client'],
    ['an empty secret', {}, basic('supervisor', ''), 400, 'invalid_request'],
    [
      'different secrets',
      { ...credentials, client_secret: 'x' },
      basic('supervisor', 'supervisor-secret'),
      400,
      'invalid_request',
    ],
    ['different clients', { client_id: 'careful' }, basic('supervisor', 'supervisor-secret'), 400, 'invalid_request'],
    ['a bearer header', {}, { authorization: 'Bearer x' }, 401, 'invalid_client'],
    ['a header that is no base64', {}, { authorization: 'Basic ?' }, 401, 'invalid_client'],
    ['a secret of a client with keys', { client_id: 'careful', client_secret: 'x' }, {}, 401, 'invalid_client'],
  ])('%s is refused', async (_name, form, headers, status, error) => {
    const response = await token({ ...own, ...form }, headers);
    const body = await response.text();
    expect([response.status, JSON.parse(body)]).toMatchObject([status, { error }]);
    expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="oauth"' : null);
    expect(body).not.toContain('secret');
  });

  test('by an assertion, for the issuer or the token endpoint, once', async () => {
    expect((await token({ ...own, ...(await clientAssertion(world, 'careful')) })).status).toBe(200);
    expect(
      (
        await token({
          ...own,
          ...(await clientAssertion(world, 'careful', { claims: { aud: `${world.url}/oauth/token` } })),
        })
      ).status,
    ).toBe(200);
    const used = await clientAssertion(world, 'careful');
    const answers = await Promise.all([0, 1, 2, 3].map(() => token({ ...own, ...used })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401]);
  });

  test.each([
    ['for another server', { aud: 'https://elsewhere.example' }, {}],
    ['that lives for an hour', { exp: Math.floor(Date.now() / 1000) + 3600 }, {}],
    ['that has expired', { exp: Math.floor(Date.now() / 1000) - 60 }, {}],
    ['by another client', { iss: 'supervisor' }, {}],
    ['of another type', {}, { typ: 'at+jwt' }],
    ['without an id', { jti: undefined }, {}],
  ])('an assertion %s is refused', async (_name, claims, header) => {
    const response = await token({
      ...own,
      ...(await clientAssertion(world, 'careful', { claims: claims as JWTPayload, header })),
    });
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  });
});

test('an assertion for several servers is refused', async () => {
  const several = await clientAssertion(world, 'careful', {
    claims: { aud: [world.url, 'https://elsewhere.example'] },
  });
  expect((await token({ grant_type: 'client_credentials', ...several })).status).toBe(401);
});

describe('the platform assertion', () => {
  const principal = async () =>
    (await bodyOf(await exchange(world, await world.tokenOf('mona@fabrikam.example')))).access_token;
  const request = async (form: Record<string, string> = {}, who?: Record<string, string>) =>
    token({
      grant_type: TOKEN_EXCHANGE,
      subject_token: await principal(),
      subject_token_type: ACCESS_TOKEN,
      audience: WORKSPACE_ENDPOINT(),
      ...(who ?? (await clientAssertion(world, 'causeway-mcp'))),
      ...form,
    });

  test('is for the workspace’s token endpoint, for the role’s principal, for ten minutes', async () => {
    const body = await bodyOf(await request());
    expect(body).toMatchObject({ issued_token_type: JWT, token_type: 'N_A', expires_in: 600 });
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({ iss: world.url, aud: WORKSPACE_ENDPOINT(), sub: decodeJwt(await principal()).sub });
    expect(Number(claims.exp) - Number(claims.iat)).toBe(600);
    expect(JSON.stringify(claims)).not.toContain('mona');
  });

  test.each([
    ['another audience', { audience: 'https://elsewhere.example/oidc/v1/token' }, 'invalid_target'],
    ['a resource', { resource: RESOURCE }, 'invalid_target'],
    ['no audience', { audience: '' }, 'invalid_target'],
    ['a token of a provider', { subject_token: 'PROVIDER' }, 'invalid_request'],
    ['an actor token', { subject_token: 'ACTOR' }, 'invalid_request'],
    ['somebody who acts', { actor_token: 'x', actor_token_type: JWT }, 'invalid_request'],
    ['a scope', { scope: 'sql' }, 'invalid_request'],
    ['an access token wanted', { requested_token_type: ACCESS_TOKEN }, 'invalid_request'],
  ])('%s is refused', async (_name, form, error) => {
    const subject = 'subject_token' in form ? form.subject_token : undefined;
    const tokens = { PROVIDER: world.issuer.token(), ACTOR: await actorToken() };
    const given = subject === undefined ? {} : { subject_token: tokens[subject as keyof typeof tokens] };
    const response = await request({ ...(form as Record<string, string>), ...given });
    expect([response.status, await response.json()]).toMatchObject([400, { error }]);
  });

  test('everybody else who offers a principal token is refused', async () => {
    const anybody = await request({ client_id: 'partner-portal', audience: '', resource: RESOURCE }, {});
    expect(anybody.status).toBe(400);
    expect(world.eventOf(anybody)?.outcome).toMatchObject({ reason: 'subject_token: own_token' });
    const other = await request({ client_id: 'partner-portal' }, {});
    expect([other.status, await other.json()]).toMatchObject([400, { error: 'invalid_target' }]);
    const unproven = await request({ client_id: 'causeway-mcp' }, {});
    expect(unproven.status).toBe(401);
  });
});
