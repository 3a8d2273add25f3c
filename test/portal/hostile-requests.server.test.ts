import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, CLIENT, MONA, REDIRECT, signIn } from './authorize.ts';
import { type PortalWorld, startPortalWorld } from './portal-world.ts';
import { fieldsOf, TestBrowser } from './test-browser.ts';
import { exchange, post } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld();
});
afterAll(() => world?.stop());

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a grant type that every object has a member for (%s) is none, and is in the trail as a refusal',
  async (grantType) => {
    const response = await post(`${world.url}/oauth/token`, { grant_type: grantType, client_id: 'partner-portal' });
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'unsupported_grant_type' }]);
    expect(world.eventOf(response)?.kind).toBe('request_refused');
  },
);

test.each(['constructor', '__proto__', 'dcr-\0', 'dcr-x', 'client:\r\nDEL x', `dcr-${'x'.repeat(2000)}`])(
  'a client of the name %j is no client, at the token endpoint and for a sign-in',
  async (client_id) => {
    const response = await post(`${world.url}/oauth/token`, { grant_type: 'authorization_code', client_id, code: 'x' });
    expect([response.status, await response.json()]).toMatchObject([401, { error: 'invalid_client' }]);
    expect((await new TestBrowser('http://nowhere/').open(ask(world, { client_id }).url)).status).toBe(400);
  },
);

test.each([
  ['a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }],
  ['a request by reference', { request_uri: 'http://169.254.169.254/latest' }],
  ['a token in the front channel', { response_type: 'token' }],
  ['a code in a form with a script', { response_mode: 'form_post' }],
  ['a code in the fragment', { response_mode: 'fragment' }],
  ['a code in a message', { response_mode: 'web_message' }],
])('%s is refused before anybody is asked to sign in', async (_what, overrides) => {
  const visit = await new TestBrowser(REDIRECT).open(ask(world, overrides).url);
  expect(visit.text).not.toContain('Sign in with your company');
  expect(visit.url.searchParams.get('code')).toBeNull();
});

test.each(['client_id', 'redirect_uri', 'code_challenge', 'resource', 'state', 'scope'])(
  'an authorization request with %s twice is refused',
  async (name) => {
    const { url } = ask(world, { scope: 'sql' });
    url.searchParams.append(name, name === 'client_id' ? CLIENT : 'http://127.0.0.1:51234/evil');
    const { status, headers } = await fetch(url, { redirect: 'manual' });
    // A page, or an error for the address that is registered; never a sign-in, and never the second address.
    const answer = `${status} ${headers.get('location') ?? ''}`;
    expect(answer).toMatch(/^400 $|^303 http:\/\/127\.0\.0\.1(:51234)?\/callback\?error=invalid_(request|target)&/);
  },
);

test.each(['client:nobody', 'agent:nobody', `client:${'x'.repeat(400)}`, 'agent:constructor'])(
  'a signed-in person cannot fill the store with answers to what never asked (%s)',
  async (application) => {
    const browser = new TestBrowser();
    const home = await signIn(browser, await browser.open(`${world.url}/`), MONA);
    const { csrf = '' } = fieldsOf(home.text);
    expect(csrf).not.toBe('');
    for (const decision of ['allow', 'deny']) {
      expect((await browser.open(`${world.url}/connections`, { csrf, application, decision })).status).toBe(400);
    }
  },
);

test('a flood of bad tokens and of forms without end keeps nobody with a good token waiting for its end', async () => {
  const forms = Array.from({ length: 20 }, () => post(`${world.url}/oauth/token`, FIELDS));
  const tokens = Array.from({ length: 300 }, () => exchange(world, world.issuer.forgery()));
  const good = await Promise.all(Array.from({ length: 5 }, () => exchange(world, world.issuer.token())));
  expect(good.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const bad = await Promise.all([...forms, ...tokens]);
  expect(new Set(bad.map(({ status }) => status))).toEqual(new Set([400]));
});

/** Half a megabyte of them. */
const FIELDS = new URLSearchParams('a=1&'.repeat(80_000));
