import { randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PortalWorld, RESOURCE, startPortalWorld } from './portal-world.ts';
import {
  ask,
  authorize,
  CLIENT,
  ELENA,
  MONA,
  redeem,
  REDIRECT,
  refresh,
  refreshTokenOf,
  signIn,
  WANDA,
} from './authorize.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { asSupervisor, bodyOf, exchange, post } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld({ policy: withWebHost });
});
afterAll(() => world.stop());

const WEB = { client_id: 'web-host', redirect_uri: 'https://apps.example/callback' };
const withWebHost = (text: string) =>
  text
    .replace(
      'clients:\n',
      `clients:\n  web-host: { name: Web host, grants: [authorization_code], redirects: [${WEB.redirect_uri}] }\n`,
    )
    // Okta's pin is of access tokens: its ID tokens, by which people sign in here, have no `cid`.
    .replace('audience: api://causeway\n', 'audience: api://causeway\n    tenant: causeway-dev\n');

describe('an application that is sent to the portal', () => {
  test.each([
    [WANDA, 'west_sales', 'sql genie'],
    [MONA, 'managers', 'sql genie'],
    [ELENA, 'executive', 'sql genie serving connections audit'],
  ] as const)('%s signs in, agrees, and it gets a token of the role', async (who, role, scope) => {
    const { asked, consent, visit, code } = await authorize(world, who);
    expect(consent.status).toBe(200);
    expect(consent.text).toContain('Demo agent host');
    expect(consent.text).toContain('127.0.0.1:51234');
    expect(consent.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(consent.headers.get('x-frame-options')).toBe('DENY');
    expect(consent.text).not.toContain('<script');
    expect(visit.url.searchParams.get('iss')).toBe(world.url);
    expect(visit.url.searchParams.get('state')).toBe(asked.state);
    const response = await redeem(world, { code, asked });
    const body = await bodyOf(response);
    expect(body).toMatchObject({ token_type: 'Bearer', scope, expires_in: 900 });
    const claims = decodeJwt(body.access_token);
    expect(claims).toMatchObject({
      iss: world.url,
      aud: RESOURCE,
      role,
      scope,
      client_id: CLIENT,
      human: { email: who[1] },
    });
    expect(world.eventOf(response)).toMatchObject({ kind: 'token_exchange', caller: { tokenId: claims.jti } });
    expect(world.events.some(({ kind, caller }) => kind === 'sign_in' && caller?.human?.email === who[1])).toBe(true);
    expect(world.events.some(({ kind, caller }) => kind === 'consent' && caller?.human?.email === who[1])).toBe(true);
  });

  test('the pin of an Okta provider is that of its access tokens', async () => {
    const token = await world.tokenOf(MONA[1]);
    expect((await exchange(world, token)).status).toBe(200);
    await world.policy((text) => text.replace('tenant: causeway-dev', 'tenant: another'));
    const response = await exchange(world, token);
    expect(world.eventOf(response)?.outcome).toMatchObject({ reason: 'subject_token: tenant_mismatch' });
    await world.policy((text) => text);
  });

  test('what was agreed to is remembered, for this person, client and these scopes', async () => {
    const browser = new TestBrowser(WEB.redirect_uri);
    const open = (scope: string) => browser.open(ask(world, { ...WEB, scope }).url);
    const first = await signIn(browser, await open('sql'), ['northwind', 'erik@northwind.example']);
    expect(first.text).toContain('Let Web host work for you?');
    await browser.open(first.url, { ...fieldsOf(first.text), decision: 'allow' });
    expect((await open('sql')).url.searchParams.has('code')).toBe(true);
    expect((await open('sql genie')).text).toContain('Let Web host work for you?');
  });

  // RFC 8252 §8.6: nobody can tell it from another program there that asks in its name.
  test('one on the person’s own machine is asked about each time', async () => {
    const { browser, visit } = await authorize(world, ['northwind', 'erik@northwind.example'], { scope: 'sql' });
    expect(visit.url.searchParams.has('code')).toBe(true);
    const again = await browser.open(ask(world, { scope: 'sql' }).url);
    expect(again.text).toContain('Let Demo agent host work for you?');
    const { url } = await browser.open(again.url, { ...fieldsOf(again.text), decision: 'allow' });
    expect(url.searchParams.has('code')).toBe(true);
    const silent = await browser.open(ask(world, { scope: 'sql', prompt: 'none' }).url);
    expect(silent.url.searchParams.get('error')).toBe('interaction_required');
  });

  test('a no is told to the application', async () => {
    const browser = new TestBrowser(REDIRECT);
    const consent = await signIn(browser, await browser.open(ask(world).url), ['fabrikam', 'felix@fabrikam.example']);
    const { url } = await browser.open(consent.url, { ...fieldsOf(consent.text), decision: 'deny' });
    expect([url.searchParams.get('error'), url.searchParams.get('code')]).toEqual(['access_denied', null]);
  });

  test('without resource and scope it is for the policy’s resource and all that the role has', async () => {
    const { asked, code } = await authorize(world, WANDA, {
      resource: undefined,
      scope: 'openid offline_access profile',
      nonce: 'n',
    });
    const body = await bodyOf(await redeem(world, { code, asked }));
    expect(decodeJwt(body.access_token)).toMatchObject({ aud: RESOURCE, scope: 'sql genie' });
    expect(body).not.toHaveProperty('id_token');
  });

  test('two replicas serve one sign-in, and one code once', async () => {
    const { asked, code } = await authorize(world, WANDA);
    const { throughReplica } = await import('./through-replica.ts');
    const form = {
      grant_type: 'authorization_code',
      client_id: CLIENT,
      redirect_uri: REDIRECT,
      code,
      code_verifier: asked.verifier,
    };
    const answers = await Promise.all([
      throughReplica(world, '/oauth/token', { form }),
      redeem(world, { code, asked }),
      throughReplica(world, '/oauth/token', { form }),
      redeem(world, { code, asked }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400]);
  });
});

describe('authorization requests that are refused', () => {
  test.each([
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['another resource', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['an implicit token', { response_type: 'token' }, 'unsupported_response_type'],
    ['no question to anybody', { prompt: 'none' }, 'login_required'],
    ['a way back that needs a script', { response_mode: 'web_message' }, 'unsupported_response_mode'],
  ])('%s goes back as an error, and is in the trail', async (_name, overrides, error) => {
    const { url: asked, state } = ask(world, overrides);
    const response = await fetch(asked, { redirect: 'manual' });
    const back = new URL(response.headers.get('location') ?? '');
    expect(back.href.startsWith(REDIRECT)).toBe(true);
    const answer = new URLSearchParams(back.hash === '' ? back.search : back.hash.slice(1));
    expect([answer.get('error'), answer.get('state')]).toEqual([error, state]);
    const event = world.eventOf(response);
    expect(event).toMatchObject({
      kind: 'request_refused',
      clientId: CLIENT,
      caller: undefined,
      outcome: { status: 'error', errorCode: 'invalid_request', reason: expect.stringMatching(/\w/) as string },
    });
    expect(JSON.stringify(event)).not.toContain(state);
    expect(JSON.stringify(event)).not.toContain(REDIRECT);
  });

  test('none is answered while it cannot be recorded', async () => {
    world.journal.isFull = true;
    const [back, page] = await Promise.all(
      [{ prompt: 'none' }, { client_id: 'nobody' }].map((overrides) =>
        fetch(ask(world, overrides).url, { redirect: 'manual' }),
      ),
    );
    world.journal.isFull = false;
    expect([back?.status, back?.headers.get('location'), page?.status]).toEqual([503, null, 503]);
    expect(await back?.text()).toContain('Not available at the moment');
    expect(await page?.text()).toContain('Not available at the moment');
  });

  test('a person’s no is in the trail once, as theirs', async () => {
    const browser = new TestBrowser(REDIRECT);
    const consent = await signIn(browser, await browser.open(ask(world).url), ['fabrikam', 'felix@fabrikam.example']);
    const before = world.events.length;
    await browser.open(consent.url, { ...fieldsOf(consent.text), decision: 'deny' });
    expect(world.events.slice(before)).toMatchObject([
      { kind: 'consent', arguments: { decision: 'denied' }, caller: { human: { email: 'felix@fabrikam.example' } } },
    ]);
  });

  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['another path', { redirect_uri: 'http://127.0.0.1:51234/other' }],
    ['another host', { redirect_uri: 'https://evil.example/callback' }],
    ['a host that only begins alike', { redirect_uri: 'http://127.0.0.1.evil.example/callback' }],
    ['a client without redirects', { client_id: 'partner-portal' }],
  ])('%s goes nowhere', async (_name, overrides) => {
    const visit = await new TestBrowser('http://nowhere/').open(ask(world, overrides).url);
    expect(visit.status).toBe(400);
    expect(visit.url.origin).toBe(world.url);
    expect(visit.text).toContain('request id');
    // What a stranger wrote is no client, and may be anything: also a secret.
    const { client_id: named = CLIENT } = overrides as { readonly client_id?: string };
    const clientId = named === 'nobody' ? undefined : named;
    expect(world.eventOf(visit)).toMatchObject({ kind: 'request_refused', clientId, caller: undefined });
    expect(world.events.filter(({ requestId }) => requestId === visit.headers.get('x-request-id'))).toHaveLength(1);
  });

  test.each([
    ['another verifier', { code_verifier: randomBytes(32).toString('base64url') }],
    ['another redirect', { redirect_uri: 'http://127.0.0.1:51235/callback' }],
    ['another client', { client_id: 'partner-portal' }],
    ['an unknown code', { code: 'x' }],
  ])('a code with %s is worth nothing', async (_name, overrides) => {
    const { asked, code } = await authorize(world, WANDA);
    const response = await redeem(world, { code, asked, overrides });
    const { error } = (await response.json()) as { error: string };
    expect([response.status, ['invalid_grant', 'unauthorized_client'].includes(error)]).toEqual([400, true]);
  });

  test('the consent of a forged form, or of another browser, is refused', async () => {
    const browser = new TestBrowser(REDIRECT);
    const consent = await signIn(browser, await browser.open(ask(world, { scope: 'genie' }).url), [
      'contoso',
      'ada@contoso.example',
    ]);
    const fields = fieldsOf(consent.text);
    const forged = await browser.open(consent.url, { csrf: 'x', decision: 'allow' });
    expect(forged.status).toBe(400);
    const foreign = await browser.open(
      consent.url,
      { ...fields, decision: 'allow' },
      { origin: 'https://evil.example' },
    );
    expect(foreign.status).toBe(400);
    const other = await new TestBrowser(REDIRECT).open(consent.url, { ...fields, decision: 'allow' });
    expect(other.status).toBe(400);
    const { url } = await browser.open(consent.url, { ...fields, decision: 'allow' });
    expect(url.searchParams.has('code')).toBe(true);
  });
});

describe('refresh', () => {
  test('rotates; a lost answer may be asked for again; a reuse ends the grant', async () => {
    const { asked, code } = await authorize(world, MONA);
    const first = await refreshTokenOf(await redeem(world, { code, asked }));
    const rotated = await refresh(world, first);
    expect(rotated.status).toBe(200);
    expect(world.eventOf(rotated)).toMatchObject({ kind: 'token_refresh', outcome: { status: 'success' } });
    const body = await bodyOf(rotated);
    expect(decodeJwt(body.access_token)).toMatchObject({ role: 'managers' });
    expect(body['refresh_token']).not.toBe(first);
    expect((await refresh(world, first)).status).toBe(200);
  });

  test('the scope narrows and never widens', async () => {
    const { asked, code } = await authorize(world, ELENA, { scope: 'sql genie' });
    const token = await refreshTokenOf(await redeem(world, { code, asked }));
    const wide = await refresh(world, token, { scope: 'sql audit' });
    expect([wide.status, await wide.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
    const narrow = await bodyOf(await refresh(world, token, { scope: 'sql' }));
    expect(narrow['scope']).toBe('sql');
  });

  test('whoever is off-boarded at the provider is out here, with the tokens that came of it', async () => {
    const { asked, code } = await authorize(world, ['northwind', 'erik@northwind.example']);
    const answer = await bodyOf(await redeem(world, { code, asked }));
    const gone = world.people.findIndex(({ email }) => email === 'erik@northwind.example');
    const [erik] = world.people.splice(gone, 1);
    // Two refreshes within ten seconds ask the provider once: this is the first one after that.
    world.clock.aheadMs += 10_500;
    const response = await refresh(world, String(answer['refresh_token']));
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    const introspected = await post(
      `${world.url}/oauth/introspect`,
      { token: answer.access_token },
      asSupervisor(world),
    );
    expect(await introspected.json()).toEqual({ active: false });
    if (erik !== undefined) world.people.push(erik);
    expect((await refresh(world, String(answer['refresh_token']))).status).toBe(400);
  });

  test('the role is mapped anew: one that is revoked gets nothing', async () => {
    const { asked, code } = await authorize(world, ELENA);
    const token = await refreshTokenOf(await redeem(world, { code, asked }));
    await world.policy((text) => `${text}\nrevoked: { roles: [executive] }\n`);
    await expect.poll(async () => (await refresh(world, token)).status, { timeout: 60_000, interval: 300 }).toBe(400);
    await world.policy((text) => text);
  });

  test('a revoked refresh token takes its access tokens along', async () => {
    const { asked, code } = await authorize(world, WANDA);
    const answer = await bodyOf(await redeem(world, { code, asked }));
    const token = String(answer['refresh_token']);
    expect((await post(`${world.url}/oauth/revoke`, { token, client_id: CLIENT })).status).toBe(200);
    expect((await refresh(world, token)).status).toBe(400);
    const introspected = await post(
      `${world.url}/oauth/introspect`,
      { token: answer.access_token },
      asSupervisor(world),
    );
    expect(await introspected.json()).toEqual({ active: false });
  });
});

describe('the pages', () => {
  test('/ says who is signed in, and lets take back what was agreed to', async () => {
    const { browser, asked, code } = await authorize(world, WANDA);
    const answer = await bodyOf(await redeem(world, { code, asked }));
    const home = await browser.open(`${world.url}/`);
    for (const text of [
      'wanda@northwind.example',
      'west_sales',
      'query_sales_data',
      'Demo agent host',
      'Agent supervisor',
    ]) {
      expect(home.text).toContain(text);
    }
    expect(home.text).not.toContain('query_audit_log');
    const { csrf = '' } = fieldsOf(home.text);
    expect(
      (await browser.open(`${world.url}/connections`, { csrf: 'x', application: `client:${CLIENT}`, decision: 'deny' }))
        .status,
    ).toBe(400);
    const after = await browser.open(`${world.url}/connections`, {
      csrf,
      application: `client:${CLIENT}`,
      decision: 'deny',
    });
    expect(after.text).not.toContain('Demo agent host');
    expect((await refresh(world, String(answer['refresh_token']))).status).toBe(400);
    const introspected = await post(
      `${world.url}/oauth/introspect`,
      { token: answer.access_token },
      asSupervisor(world),
    );
    expect(await introspected.json()).toEqual({ active: false });
    // Asked again the next time.
    expect((await browser.open(ask(world).url)).text).toContain('work for you?');
  });

  test('signing out ends the session here and at the provider', async () => {
    const { browser } = await authorize(world, MONA);
    const home = await browser.open(`${world.url}/`);
    browser.visited.length = 0;
    await browser.open(`${world.url}/auth/logout`, { csrf: fieldsOf(home.text)['csrf'] ?? '' });
    expect(browser.visited.some((url) => url.includes('/fabrikam/oauth2/default/v1/logout'))).toBe(true);
    expect((await browser.open(`${world.url}/`)).text).toContain('Sign in with your company');
    expect(world.events.some(({ kind }) => kind === 'sign_out')).toBe(true);
    // The application must not get in without a new sign-in.
    expect((await browser.open(ask(world).url)).text).toContain('Sign in with your company');
  });

  test('a session that was planted before the sign-in is worth nothing after it', async () => {
    const browser = new TestBrowser(REDIRECT);
    browser.plant(world.url, 'causeway_session', 'planted');
    const choose = await browser.open(`${world.url}/`);
    await signIn(browser, choose, WANDA);
    expect(browser.cookie('causeway_session')).not.toBe('planted');
    const attacker = new TestBrowser();
    attacker.plant(world.url, 'causeway_session', 'planted');
    expect((await attacker.open(`${world.url}/`)).text).toContain('Sign in with your company');
  });

  test('nobody is sent elsewhere by a link to the sign-in, and an answer counts once and in one browser', async () => {
    const browser = new TestBrowser();
    const page = await browser.open(`${world.url}/auth/northwind/login?return_to=https://evil.example/`);
    const home = await browser.open(page.url, { ...fieldsOf(page.text), email: 'wanda@northwind.example' });
    expect(home.url.href).toBe(`${world.url}/`);
    const callback = browser.visited.find((url) => url.includes('/auth/northwind/callback')) ?? '';
    expect((await browser.open(callback)).status).toBe(400);
    const victim = new TestBrowser();
    const stopped = new TestBrowser(`${world.url}/auth/northwind/callback`);
    const there = await stopped.open(`${world.url}/auth/northwind/login`);
    const back = await stopped.open(there.url, { ...fieldsOf(there.text), email: 'erik@northwind.example' });
    const { status, text } = await victim.open(back.url);
    expect([status, text.includes('begin again')]).toEqual([400, true]);
  });

  test('somebody without a role is told so, and is not signed in', async () => {
    const browser = new TestBrowser();
    const visit = await signIn(browser, await browser.open(`${world.url}/`), ['contoso', 'noah@contoso.example']);
    expect([visit.status, visit.text.includes('no role here')]).toEqual([403, true]);
    expect((await browser.open(`${world.url}/`)).text).toContain('Sign in with your company');
    expect(world.events.findLast(({ kind }) => kind === 'sign_in')?.outcome).toMatchObject({ status: 'access_denied' });
  });

  test('an e-mail address finds its company, and text from outside stays text', async () => {
    const browser = new TestBrowser();
    const found = await browser.open(`${world.url}/auth?email=mona@fabrikam.example`);
    expect(found.url.pathname).toContain('/fabrikam/');
    const unknown = await browser.open(`${world.url}/auth?email=${encodeURIComponent('<b>x@nowhere.example')}`);
    expect(unknown.text).toContain('&#60;b&#62;x@nowhere.example');
  });
});
