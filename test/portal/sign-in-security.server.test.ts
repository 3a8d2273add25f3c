import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PortalWorld, startPortalWorld } from './portal-world.ts';
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
import { fieldsOf, TestBrowser, type Visit } from './test-browser.ts';
import { asSupervisor, bodyOf, exchange, post } from './token-request.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld();
});
afterAll(() => world.stop());

const isActive = async (token: string): Promise<unknown> => {
  const response = await post(`${world.url}/oauth/introspect`, { token }, asSupervisor(world));
  return ((await response.json()) as { active?: unknown }).active;
};

const answer = (browser: TestBrowser, page: Visit, email: string) =>
  browser.open(page.url, { ...fieldsOf(page.text), email });

describe('one browser', () => {
  test('may be at several providers at once, in as many tabs', async () => {
    const browser = new TestBrowser();
    const tabs = [
      await browser.open(`${world.url}/auth/northwind/login`),
      await browser.open(`${world.url}/auth/fabrikam/login`),
      await browser.open(`${world.url}/auth/northwind/login`),
    ] as const;
    expect((await answer(browser, tabs[1], MONA[1])).text).toContain(MONA[1]);
    expect((await answer(browser, tabs[0], WANDA[1])).text).toContain(WANDA[1]);
    expect((await answer(browser, tabs[2], WANDA[1])).text).toContain(WANDA[1]);
    expect(browser.cookieNames()).not.toContain('causeway_sign_in');
  });

  test('is not brought off its sign-in by an answer that somebody else made up', async () => {
    const browser = new TestBrowser();
    const tab = await browser.open(`${world.url}/auth/northwind/login`);
    expect((await browser.open(`${world.url}/auth/northwind/callback?state=made-up&code=x`)).status).toBe(400);
    expect((await answer(browser, tab, WANDA[1])).text).toContain(WANDA[1]);
  });

  test('has one session: a new sign-in ends the one before', async () => {
    const browser = new TestBrowser();
    await signIn(browser, await browser.open(`${world.url}/`), WANDA);
    const before = browser.cookie('causeway_session') ?? '';
    await signIn(browser, await browser.open(`${world.url}/auth/fabrikam/login`).then(toChoice), MONA);
    const other = new TestBrowser();
    other.plant(world.url, 'causeway_session', before);
    expect((await other.open(`${world.url}/`)).text).toContain('Sign in with your company');
  });
});

/** The page of the provider, as `signIn` wants to come to it. */
const toChoice = async (): Promise<Visit> => {
  const text = `<a href="/auth/fabrikam/login">Continue</a>`;
  return { url: new URL(world.url), status: 200, text, headers: new Headers() };
};

test('a yes counts for the request on the page, and for no other one', async () => {
  const browser = new TestBrowser(REDIRECT);
  const small = await signIn(browser, await browser.open(ask(world, { scope: 'sql' }).url), ELENA);
  const large = await browser.open(ask(world, { scope: 'sql audit' }).url);
  expect([small.status, large.status, large.url.pathname === small.url.pathname]).toEqual([200, 200, false]);
  const forged = await browser.open(large.url, { csrf: fieldsOf(small.text)['csrf'] ?? '', decision: 'allow' });
  expect(forged.status).toBe(400);
  expect((await browser.open(large.url, { ...fieldsOf(large.text), decision: 'allow' })).url.href).toContain('code=');
});

describe('a refresh token', () => {
  const signedIn = async () => {
    const { asked, code } = await authorize(world, MONA);
    return bodyOf(await redeem(world, { code, asked }));
  };

  test('ends its grant when it is taken back, used or not', async () => {
    const first = await signedIn();
    const second = await bodyOf(await refresh(world, String(first['refresh_token'])));
    world.clock.aheadMs += 31_000;
    await post(`${world.url}/oauth/revoke`, { token: String(first['refresh_token']), client_id: CLIENT });
    expect((await refresh(world, String(second['refresh_token']))).status).toBe(400);
    expect(await isActive(second.access_token)).toBe(false);
  });

  test('is not used up by an answer that could not be given', async () => {
    const token = String((await signedIn())['refresh_token']);
    world.journal.isFull = true;
    expect((await refresh(world, token)).status).toBe(503);
    world.journal.isFull = false;
    world.clock.aheadMs += 31_000;
    const later = await refresh(world, token);
    expect(later.status).toBe(200);
    // What was given back is used up by that.
    world.clock.aheadMs += 31_000;
    expect((await refresh(world, token)).status).toBe(400);
    expect((await refresh(world, await refreshTokenOf(later))).status).toBe(400);
  });

  test('that is refused for too many requests is good afterwards', async () => {
    const token = String((await signedIn())['refresh_token']);
    await world.policy((text) => text.replace(/(tokenRequestsPerMinutePerSubject): \d+/, '$1: 1'));
    const answers = [await refresh(world, token), await refresh(world, token)];
    expect(answers.map(({ status }) => status)).toEqual([200, 429]);
    const next = await refreshTokenOf(answers[0] as Response);
    expect((await refresh(world, next)).status).toBe(429);
    await world.policy((text) => text);
    world.clock.aheadMs += 31_000;
    expect((await refresh(world, next)).status).toBe(200);
  });

  test('whose grant ends while it is used leaves no token that lives', async () => {
    for (let round = 0; round < 8; round++) {
      const first = await signedIn();
      const token = String(first['refresh_token']);
      const [refreshed] = await Promise.all([
        refresh(world, token),
        post(`${world.url}/oauth/revoke`, { token, client_id: CLIENT }),
      ]);
      const { access_token: late } = await bodyOf(refreshed);
      expect([await isActive(first.access_token), await isActive(late ?? 'refused')]).toEqual([false, false]);
    }
  });
});

test('a no to an agent that comes while it asks leaves no token that lives', async () => {
  const browser = new TestBrowser();
  await signIn(browser, await browser.open(`${world.url}/`), MONA);
  const subject = await world.tokenOf(MONA[1]);
  const actor = await bodyOf(
    await post(
      `${world.url}/oauth/token`,
      { grant_type: 'client_credentials', resource: world.url },
      asSupervisor(world),
    ),
  );
  const form = { client_id: '', actor_token: actor.access_token, actor_token_type: ACCESS_TOKEN };
  const lived: unknown[] = [];
  for (let round = 0; round < 8; round++) {
    const { csrf = '' } = fieldsOf((await browser.open(`${world.url}/`)).text);
    const say = (decision: string) =>
      browser.open(`${world.url}/connections`, { csrf, application: 'agent:supervisor', decision });
    await say('allow');
    const [exchanged] = await Promise.all([
      exchange(world, subject, { form, headers: asSupervisor(world) }),
      say('deny'),
    ]);
    const { access_token: token } = await bodyOf(exchanged);
    lived.push(await isActive(token ?? 'refused'));
  }
  expect(new Set(lived)).toEqual(new Set([false]));
});

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

test('whoever begins sign-ins without end is told to wait', async () => {
  await world.policy((text) => text.replace(/(tokenRequestsPerMinutePerAddress): \d+/, '$1: 2'));
  const begin = async () => (await fetch(`${world.url}/auth/northwind/login`, { redirect: 'manual' })).status;
  expect([await begin(), await begin(), await begin()]).toEqual([303, 303, 429]);
  await world.policy((text) => text);
});
