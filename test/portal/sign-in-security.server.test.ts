import { startTestRedis, type TestRedis } from '@causeway/audit/testing';
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

let redis: TestRedis;
let world: PortalWorld;
beforeAll(async () => {
  redis = await startTestRedis();
  world = await startPortalWorld({ redis });
});
afterAll(async () => {
  await world?.stop();
  await redis?.stop();
});

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
    await world.passTime(31_000);
    await post(`${world.url}/oauth/revoke`, { token: String(first['refresh_token']), client_id: CLIENT });
    expect((await refresh(world, String(second['refresh_token']))).status).toBe(400);
    expect(await isActive(second.access_token)).toBe(false);
  });

  test('is not used up by an answer that could not be given', async () => {
    const token = String((await signedIn())['refresh_token']);
    world.journal.isFull = true;
    expect((await refresh(world, token)).status).toBe(503);
    world.journal.isFull = false;
    await world.passTime(31_000);
    const later = await refresh(world, token);
    expect(later.status).toBe(200);
    // What was given back is used up by that.
    await world.passTime(31_000);
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
    await world.passTime(31_000);
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
      browser.open(`${world.url}/connections`, { csrf, application: 'agent:supervisor', scope: 'sql', decision });
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

const ENTRY = 'causeway:portal:entry:';

/** What is in the store now and was not there before, of things that would give somebody something. */
async function newlyGiven(work: () => Promise<unknown>): Promise<string[]> {
  const given = async () =>
    (await redis.admin.keys(`${ENTRY}*`)).filter((key) =>
      ['session:', 'account:', 'consent:', 'grant-of:', 'oidc:Grant:', 'oidc:AuthorizationCode:'].some((kind) =>
        key.startsWith(`${ENTRY}${kind}`),
      ),
    );
  const before = new Set(await given());
  await work();
  return (await given()).filter((key) => !before.has(key));
}

async function signInAs(who: readonly [idp: string, email: string]): Promise<TestBrowser> {
  const browser = new TestBrowser(REDIRECT);
  await signIn(browser, await browser.open(`${world.url}/`), who);
  return browser;
}

const csrfOf = async (browser: TestBrowser) => fieldsOf((await browser.open(`${world.url}/`)).text)['csrf'] ?? '';

const ERIK = ['northwind', 'erik@northwind.example'] as const;
const FELIX = ['fabrikam', 'felix@fabrikam.example'] as const;
const AGENT = 'agent:supervisor';

describe('while nothing can be recorded', () => {
  const withFullJournal = async <T>(work: () => Promise<T>): Promise<T> => {
    world.journal.isFull = true;
    try {
      return await work();
    } finally {
      world.journal.isFull = false;
    }
  };

  test('a sign-in leaves no session', async () => {
    const browser = new TestBrowser();
    const choose = await browser.open(`${world.url}/`);
    const given = await newlyGiven(async () => {
      const visit = await withFullJournal(() => signIn(browser, choose, ERIK));
      expect(visit.status).toBe(503);
    });
    expect(given).toEqual([]);
    expect(browser.cookieNames()).not.toContain('causeway_session');
    expect((await browser.open(`${world.url}/`)).text).toContain('Sign in with your company');
  });

  test('a yes to an application leaves no remembered yes, no grant and no code', async () => {
    const browser = await signInAs(ERIK);
    const page = await browser.open(ask(world).url);
    const given = await newlyGiven(async () => {
      const visit = await withFullJournal(() => browser.open(page.url, { ...fieldsOf(page.text), decision: 'allow' }));
      expect([visit.status, visit.url.searchParams.has('code')]).toEqual([503, false]);
    });
    expect(given).toEqual([]);
  });

  test('a yes to an agent leaves no remembered yes', async () => {
    const browser = await signInAs(ERIK);
    const form = { csrf: await csrfOf(browser), application: AGENT, scope: 'sql', decision: 'allow' };
    const given = await newlyGiven(async () => {
      const visit = await withFullJournal(() => browser.open(`${world.url}/connections`, form));
      expect(visit.status).toBe(503);
    });
    expect(given).toEqual([]);
  });

  test('a sign-out ends the session all the same', async () => {
    const browser = await signInAs(ERIK);
    const session = browser.cookie('causeway_session') ?? '';
    const csrf = await csrfOf(browser);
    expect((await withFullJournal(() => browser.open(`${world.url}/auth/logout`, { csrf }))).status).toBe(503);
    const other = new TestBrowser();
    other.plant(world.url, 'causeway_session', session);
    expect((await other.open(`${world.url}/`)).text).toContain('Sign in with your company');
  });

  test('what is taken back ends all the same', async () => {
    const { browser, asked, code } = await authorize(world, FELIX);
    const { access_token: token, refresh_token: longer } = await bodyOf(await redeem(world, { code, asked }));
    const form = { csrf: await csrfOf(browser), application: `client:${CLIENT}`, decision: 'deny' };
    expect((await withFullJournal(() => browser.open(`${world.url}/connections`, form))).status).toBe(503);
    expect(await isActive(token)).toBe(false);
    expect((await refresh(world, String(longer))).status).toBe(400);
  });
});

const requestOf = ({ headers }: Visit): string => headers.get('x-request-id') ?? 'none';
const eventsOf = (visit: Visit) => world.events.filter(({ requestId }) => requestId === requestOf(visit));

const REASON = 'the human took it back meanwhile';
const GIVEN_THEN_NOT = [
  { kind: 'consent', arguments: { decision: 'allowed' }, outcome: { status: 'success' } },
  { kind: 'consent', arguments: { decision: 'allowed' }, outcome: { status: 'error', reason: REASON } },
];

test('a sign-in whose session cannot be stored is in the trail as one that came to nothing', async () => {
  const browser = new TestBrowser();
  const choose = await browser.open(`${world.url}/`);
  const full = (bytes: string) => redis.admin.config('SET', 'maxmemory', bytes);
  world.journal.during = { kind: 'sign_in', work: () => full('1') };
  const visit = await signIn(browser, choose, ERIK);
  await full('0');
  const human = { email: ERIK[1] };
  expect([visit.status, eventsOf(visit)]).toMatchObject([
    500,
    [
      { kind: 'sign_in', caller: { human }, outcome: { status: 'success' } },
      { kind: 'sign_in', caller: { human }, outcome: { status: 'error', errorCode: 'internal' } },
    ],
  ]);
  expect(browser.cookieNames()).not.toContain('causeway_session');
});

describe('a no that comes while a yes is being recorded wins', () => {
  /** The yes is being written into the trail when the same person says no, in another window. */
  const sayNoDuringYes = (browser: TestBrowser, form: Record<string, string>) => {
    const work = () => browser.open(`${world.url}/connections`, { ...form, decision: 'deny' });
    world.journal.during = { kind: 'consent', work };
  };

  test('over an application: no grant, no code, and nothing remembered', async () => {
    const { browser } = await authorize(world, FELIX);
    const csrf = await csrfOf(browser);
    const page = await browser.open(ask(world).url);
    sayNoDuringYes(browser, { csrf, application: `client:${CLIENT}` });
    const given = await newlyGiven(async () => {
      const visit = await browser.open(page.url, { ...fieldsOf(page.text), decision: 'allow' });
      expect([visit.status, visit.url.searchParams.has('code')]).toEqual([400, false]);
      expect(visit.text).toContain('You took this back at the same moment');
      expect(eventsOf(visit)).toMatchObject(GIVEN_THEN_NOT);
    });
    expect(given).toEqual([]);
    expect((await browser.open(`${world.url}/`)).text).not.toContain(`value="client:${CLIENT}"`);
  });

  test('over an agent', async () => {
    const browser = await signInAs(FELIX);
    const form = { csrf: await csrfOf(browser), application: AGENT };
    sayNoDuringYes(browser, form);
    const url = `${world.url}/connections`;
    const visit = await browser.open(url, { ...form, scope: 'sql', decision: 'allow' });
    expect([visit.status, eventsOf(visit)]).toMatchObject([400, GIVEN_THEN_NOT]);
    const entries = (await browser.open(`${world.url}/`)).text.split('<li');
    expect(entries.filter((entry) => entry.includes(AGENT) && entry.includes('not allowed'))).toHaveLength(1);
  });

  test('also when that cannot be recorded any more', async () => {
    const browser = await signInAs(FELIX);
    const url = `${world.url}/connections`;
    const form = { csrf: await csrfOf(browser), application: AGENT, scope: 'sql' };
    const work = async () => {
      await browser.open(url, { ...form, decision: 'deny' });
      world.journal.during = { kind: 'consent', work: async () => (world.journal.isFull = true) };
    };
    world.journal.during = { kind: 'consent', work };
    const visit = await browser.open(url, { ...form, decision: 'allow' });
    world.journal.isFull = false;
    expect([visit.status, eventsOf(visit)]).toMatchObject([400, GIVEN_THEN_NOT.slice(0, 1)]);
    expect(world.logs.filter((line) => line.includes(requestOf(visit))).join('')).toContain(REASON);
  });
});

test('whoever begins sign-ins without end is told to wait, and is in the trail', async () => {
  await world.policy((text) => text.replace(/(tokenRequestsPerMinutePerAddress): \d+/, '$1: 2'));
  const begin = (url: string | URL) => fetch(url, { redirect: 'manual' });
  const login = `${world.url}/auth/northwind/login`;
  const answers = [await begin(login), await begin(login), await begin(login), await begin(ask(world).url)];
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 429, 429]);
  const refused = { kind: 'request_refused', outcome: { errorCode: 'rate_limited' } };
  expect(answers.slice(2).map((late) => world.eventOf(late))).toMatchObject([refused, refused]);
  await world.policy((text) => text);
});
