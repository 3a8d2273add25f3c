import { PEOPLE } from '@causeway/local/people';
import { requirement } from '@causeway/test-e2e/requirement';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect } from 'vitest';
import { ask, authorize, MONA, redeem, REDIRECT, refresh, refreshTokenOf, signIn, WANDA } from './authorize.ts';
import { type PortalStack, startPortalStack } from './portal-stack.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { ACCESS_TOKEN, bodyOf, exchange, post } from './token-request.ts';

let stack: PortalStack;
let url: string;
let resource: string;
let supervisor: PortalStack['supervisor'];
beforeAll(async () => {
  stack = await startPortalStack();
  ({ url, resource, supervisor } = stack);
});
afterAll(() => stack?.stop());

const tokenOf: PortalStack['tokenOf'] = (idp, email) => stack.tokenOf(idp, email);
const wanda = () => tokenOf('northwind', 'wanda@northwind.example');
const trade = async (subject: string, form: Record<string, string> = {}) =>
  exchange({ url }, subject, { form: { resource, ...form } });
const introspect = async (token: string): Promise<unknown> =>
  (await post(`${url}/oauth/introspect`, { token }, supervisor)).json();

requirement(['portal-metadata-oauth', 'portal-metadata-oidc', 'portal-metadata-honest'], 'both documents', async () => {
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    const document = (await (await fetch(`${url}/.well-known/${name}`)).json()) as Record<string, string>;
    expect(document).toMatchObject({ issuer: url, code_challenge_methods_supported: ['S256'] });
    expect(document).not.toHaveProperty('registration_endpoint');
    for (const endpoint of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint']) {
      expect((await post(document[endpoint] ?? '', {})).status).toBe(401);
    }
  }
});

requirement(
  ['portal-jwks', 'exchange-answer', 'exchange-scope-default'],
  'a token that the published keys verify',
  async () => {
    const body = await bodyOf(await trade(await wanda()));
    const { access_token: token, ...rest } = body;
    expect(rest).toEqual({
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'sql genie',
    });
    await jwtVerify(token, createRemoteJWKSet(new URL(`${url}/oauth/jwks`)), { issuer: url, audience: resource });
    expect(await (await fetch(`${url}/oauth/jwks`)).text()).not.toContain('"d"');
  },
);

requirement(
  ['exchange-client-required', 'exchange-resource-required', 'exchange-scope-foreign'],
  'what is refused',
  async () => {
    const token = await wanda();
    for (const [form, status, error] of [
      [{ client_id: '' }, 401, 'invalid_client'],
      [{ client_id: 'nobody' }, 401, 'invalid_client'],
      [{ resource: '' }, 400, 'invalid_target'],
      [{ resource: 'https://elsewhere.example/mcp' }, 400, 'invalid_target'],
      [{ scope: 'sql audit' }, 400, 'invalid_scope'],
    ] as const) {
      const response = await trade(token, form);
      expect([response.status, await response.json()]).toMatchObject([status, { error }]);
    }
  },
);

requirement(['agent-client-credentials', 'agent-actor-token-worthless-at-mcp'], 'an agent alone', async () => {
  const own = await bodyOf(await post(`${url}/oauth/token`, { grant_type: 'client_credentials' }, supervisor));
  expect(decodeJwt(own.access_token)).toMatchObject({
    role: 'executive',
    act: { sub: 'agent:supervisor' },
    aud: resource,
  });
  const form = { grant_type: 'client_credentials', resource: url };
  const { access_token: actor } = await bodyOf(await post(`${url}/oauth/token`, form, supervisor));
  const { iat = 0, exp = 0 } = decodeJwt(actor);
  expect(exp - iat).toBeLessThanOrEqual(300);
  const headers = { authorization: `Bearer ${actor}`, 'content-type': 'application/json' };
  const mcp = await fetch(resource, {
    method: 'POST',
    headers,
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  });
  expect(mcp.status).toBe(401);
});

requirement(
  ['agent-for-human', 'agent-scopes-intersection', 'agent-actor-client-match'],
  'an agent for a human',
  async () => {
    const form = { grant_type: 'client_credentials', resource: url };
    const { access_token: actor } = await bodyOf(await post(`${url}/oauth/token`, form, supervisor));
    const actorForm = { actor_token: actor, actor_token_type: ACCESS_TOKEN, resource };
    const subject = await tokenOf('fabrikam', 'felix@fabrikam.example');
    const response = await exchange({ url }, subject, {
      form: { client_id: '', ...actorForm, scope: 'sql audit' },
      headers: supervisor,
    });
    expect(decodeJwt((await bodyOf(response)).access_token)).toMatchObject({
      role: 'finance',
      scope: 'sql audit',
      act: { sub: 'agent:supervisor' },
      human: { email: 'felix@fabrikam.example' },
    });
    expect((await exchange({ url }, subject, { form: actorForm })).status).toBe(400);
  },
);

requirement(
  ['portal-client-credentials-twice-equal', 'portal-client-credentials-differ'],
  'a secret sent twice',
  async () => {
    const secret = stack.secret;
    const form = { grant_type: 'client_credentials', client_id: 'supervisor' };
    expect((await post(`${url}/oauth/token`, { ...form, client_secret: secret }, supervisor)).status).toBe(200);
    expect((await post(`${url}/oauth/token`, { ...form, client_secret: 'x' }, supervisor)).status).toBe(400);
  },
);

requirement(
  [
    'portal-authorize-sign-in',
    'portal-authorize-consent',
    'portal-authorize-iss',
    'portal-authorize-loopback-port',
    'portal-code-once',
  ],
  'a stock client: sign-in at the provider, consent, code, token',
  async () => {
    const { asked, consent, visit, code } = await authorize({ url, resource }, WANDA);
    expect(consent.text).toContain('Demo agent host');
    expect([visit.url.searchParams.get('iss'), visit.url.searchParams.get('state')]).toEqual([url, asked.state]);
    const body = await bodyOf(await redeem({ url }, { code, asked }));
    expect(decodeJwt(body.access_token)).toMatchObject({ role: 'west_sales', aud: resource });
    expect((await redeem({ url }, { code, asked })).status).toBe(400);
  },
);

requirement(
  ['portal-authorize-pkce', 'portal-authorize-redirect-exact'],
  'no PKCE, plain PKCE, another redirect',
  async () => {
    for (const overrides of [
      { code_challenge: undefined, code_challenge_method: undefined },
      { code_challenge_method: 'plain' },
    ]) {
      const back = await new TestBrowser(REDIRECT).open(ask({ url, resource }, overrides).url);
      expect(back.url.searchParams.get('error')).toBe('invalid_request');
    }
    const elsewhere = ask({ url, resource }, { redirect_uri: 'http://127.0.0.1:51234/callback/x' }).url;
    expect((await new TestBrowser('http://nowhere/').open(elsewhere)).status).toBe(400);
  },
);

requirement('portal-authorize-resource-default', 'without resource it is the policy’s', async () => {
  const { asked, code } = await authorize({ url }, MONA, { resource: undefined });
  expect(decodeJwt((await bodyOf(await redeem({ url }, { code, asked }))).access_token).aud).toBe(resource);
});

requirement(
  ['refresh-rotated', 'portal-revoke', 'portal-introspect', 'portal-introspect-authenticated'],
  'refresh, and its end',
  async () => {
    const { asked, code } = await authorize({ url, resource }, MONA);
    const first = await refreshTokenOf(await redeem({ url }, { code, asked }));
    const rotated = await bodyOf(await refresh({ url }, first));
    const token = String(rotated['refresh_token']);
    expect(token).not.toBe(first);
    expect(await introspect(rotated.access_token)).toMatchObject({ active: true, role: 'managers' });
    expect((await post(`${url}/oauth/revoke`, { token, client_id: 'demo-agent-host' })).status).toBe(200);
    expect((await refresh({ url }, token)).status).toBe(400);
    expect(await introspect(rotated.access_token)).toEqual({ active: false });
    expect((await post(`${url}/oauth/introspect`, { token: rotated.access_token })).status).toBe(401);
  },
);

requirement(
  'portal-revoke-everywhere-2s',
  'a revoked token is refused by the MCP service within two seconds',
  async () => {
    const { access_token: token } = await bodyOf(await trade(await wanda()));
    const call = async () => {
      const headers = {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: JSON_OR_EVENTS,
      };
      const body = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
      return (await fetch(resource, { method: 'POST', headers, body })).status;
    };
    expect(await call()).toBe(200);
    await post(`${url}/oauth/revoke`, { token, client_id: 'partner-portal' });
    await expect.poll(call, { timeout: 60_000, interval: 100 }).toBe(401);
  },
);

requirement(
  ['portal-home', 'portal-login-logout', 'agent-consent-revocable', 'agent-consent-scopes'],
  'who you are, what works for you, and out',
  async () => {
    const { browser } = await authorize({ url, resource }, ['fabrikam', 'felix@fabrikam.example']);
    const home = await browser.open(`${url}/`);
    for (const text of ['felix@fabrikam.example', 'finance', 'query_audit_log', 'Agent supervisor']) {
      expect(home.text).toContain(text);
    }
    const { csrf = '' } = fieldsOf(home.text);
    await browser.open(`${url}/connections`, { csrf, application: 'agent:supervisor', decision: 'deny' });
    const form = { grant_type: 'client_credentials', resource: url };
    const { access_token: actor } = await bodyOf(await post(`${url}/oauth/token`, form, supervisor));
    const asked = { client_id: '', actor_token: actor, actor_token_type: ACCESS_TOKEN, resource };
    const subject = await tokenOf('fabrikam', 'felix@fabrikam.example');
    expect((await exchange({ url }, subject, { form: asked, headers: supervisor })).status).toBe(400);
    const yes = { csrf, application: 'agent:supervisor', decision: 'allow', scope: 'sql' };
    await browser.open(`${url}/connections`, yes);
    const agreed = await exchange({ url }, subject, { form: asked, headers: supervisor });
    expect((await bodyOf(agreed))['scope']).toBe('sql');
    await browser.open(`${url}/auth/logout`, { csrf });
    expect((await browser.open(`${url}/`)).text).toContain('Sign in with your company');
  },
);

requirement('portal-register-off', 'there is no registration where the policy allows no host', async () => {
  expect((await fetch(`${url}/oauth/register`, { method: 'POST', body: '{}' })).status).toBe(404);
});

requirement(
  'people-browser-sign-in',
  'each of them at their own provider, and the portal knows their role',
  async () => {
    for (const { idp, email, role } of PEOPLE) {
      expect((await tokenOf(idp, email)).split('.')).toHaveLength(3);
      if (idp === 'workspace') continue;
      const browser = new TestBrowser();
      const home = await signIn(browser, await browser.open(`${url}/`), [idp, email]);
      for (const text of role === null ? ['no role here'] : [email, role]) expect(home.text).toContain(text);
    }
  },
);

const ada = () => tokenOf('contoso', 'ada@contoso.example');

requirement('dev-agent-token', 'a token of the agent alone, and nothing else on stdout', async () => {
  const printed = await stack.causeway('dev', 'agent-token', 'supervisor');
  expect(printed).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(await introspect(printed.trim())).toMatchObject({ active: true, client_id: 'supervisor', role: 'executive' });
  const actor = (await stack.causeway('dev', 'agent-token', 'supervisor', '--actor')).trim();
  const asked = { client_id: '', actor_token: actor, actor_token_type: ACCESS_TOKEN, resource };
  expect((await exchange({ url }, await ada(), { form: asked, headers: supervisor })).status).toBe(200);
});

requirement('clients-registered', 'a public one for each way in, and the agent for every role', async () => {
  expect((await trade(await ada())).status).toBe(200);
  expect((await authorize({ url, resource }, WANDA)).code).not.toBe('');
  expect((await exchange({ url }, await ada(), { form: { client_id: 'demo-agent-host', resource } })).status).toBe(400);
  const { access_token: own } = await bodyOf(
    await post(`${url}/oauth/token`, { grant_type: 'client_credentials' }, supervisor),
  );
  expect(decodeJwt(own)).toMatchObject({ role: 'executive', act: { sub: 'agent:supervisor' } });
  const form = { grant_type: 'client_credentials', resource: url };
  const { access_token: actor } = await bodyOf(await post(`${url}/oauth/token`, form, supervisor));
  for (const { idp, email, role } of PEOPLE.filter((person) => person.idp !== 'workspace' && person.role !== null)) {
    const asked = { client_id: '', actor_token: actor, actor_token_type: ACCESS_TOKEN, resource };
    const answer = await exchange({ url }, await tokenOf(idp, email), { form: asked, headers: supervisor });
    expect(decodeJwt((await bodyOf(answer)).access_token)).toMatchObject({ role, act: { sub: 'agent:supervisor' } });
  }
});

const TOOLS_OF = {
  sql: ['get_region_summary', 'query_sales_data', 'query_knowledge_base'],
  genie: ['genie_query'],
  serving: ['ask_supervisor'],
  connections: ['github_search', 'external_api_call'],
  audit: ['query_audit_log'],
};

requirement('scopes-open-tools', 'each its own tools, and check_identity none', async () => {
  const subject = await ada();
  for (const [scope, opened] of Object.entries(TOOLS_OF)) {
    const { access_token: token } = await bodyOf(await trade(subject, { scope }));
    const open: string[] = [];
    for (const tool of ['check_identity', ...Object.values(TOOLS_OF).flat()]) {
      if ((await callTool(token, tool)) !== 403) open.push(tool);
    }
    expect(open).toEqual(['check_identity', ...opened]);
  }
});

/** Without arguments: what the scope opens is then an error of the tool, or a result. */
async function callTool(token: string, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: JSON_OR_EVENTS };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });
  return (await fetch(resource, { method: 'POST', headers, body })).status;
}

const JSON_OR_EVENTS = 'application/json, text/event-stream';
