import { authorize, CLIENT, ELENA, MONA, redeem, refresh, signIn } from '@causeway/test-portal/authorize';
import { fieldsOf, TestBrowser } from '@causeway/test-portal/test-browser';
import { basic } from '@causeway/test-portal/token-request';
import { describe, expect, test } from 'vitest';
import { EMAIL, idJag, JWT_BEARER, mcpAssertion, portalOf, refreshToken } from '../credentials.ts';
import type { Header, SecurityWorld } from '../security-world.ts';

export function replay(started: () => SecurityWorld): void {
  describe('replay', () => {
    conversationHandles(started);
    codesAndRefreshTokens(started);
    assertions(started);
    sessions(started);
  });
}

function conversationHandles(started: () => SecurityWorld): void {
  // Red when `bindingOf` in services/mcp/src/conversation/conversation-handles.ts names no caller.
  test('[replay-handle] a conversation’s handle is of no use to anybody else, and that answer is the one for a made-up one', async () => {
    const world = started();
    const ask = (proof: readonly Header[], conversation_id?: string) =>
      world.call(proof, 'genie_query', { question: 'revenue by region', conversation_id });
    const wanda = await world.as(EMAIL.wanda);
    const handle = String((await ask(wanda)).content['conversation_id']);
    expect((await ask(wanda, handle)).code).toBeUndefined();
    const agent = world.mcp.bearer(await world.mcp.agentFor(EMAIL.wanda));
    const others = [await world.as(EMAIL.erik), await world.as(EMAIL.ada), Object.entries(agent.headers)];
    const made = `${handle.split('.')[0]}.${'A'.repeat(80)}`;
    for (const proof of others) {
      const [foreign, unknown] = [await ask(proof, handle), await ask(proof, made)];
      expect([foreign.code, unknown.code]).toEqual(['not_found', 'not_found']);
      expect(messageOf(foreign.content)).toBe(messageOf(unknown.content));
    }
    const supervisor = await world.call(await world.as(EMAIL.ada), 'ask_supervisor', {
      question: 'revenue by region',
      conversation_id: handle,
    });
    expect(supervisor.code).toBe('not_found');
  });
}

const messageOf = (content: Readonly<Record<string, unknown>>) => (content['error'] as { message: string }).message;

function codesAndRefreshTokens(started: () => SecurityWorld): void {
  // Red when `consume` in services/portal/src/provider/state-adapter.ts keeps nothing.
  test('[replay-code] a code works once, and a second use ends what the first one gave', async () => {
    const portal = portalOf(started());
    const { asked, code } = await authorize(portal, MONA);
    const answer = await redeem(portal, { code, asked });
    expect(answer.status).toBe(200);
    const first = (await answer.json()) as { refresh_token: string };
    expect((await redeem(portal, { code, asked })).status).toBe(400);
    expect((await refresh(portal, first.refresh_token)).status).toBe(400);
  });

  // Red when oidc-provider compares the client neither with the code nor with the grant.
  test('[replay-code-client] another application cannot redeem a code, with the verifier or without', async () => {
    const portal = portalOf(started());
    const { asked, code } = await authorize(portal, MONA);
    const rival = { client_id: 'rival-host', redirect_uri: 'https://rival.example/callback' };
    // Neither uses the code up.
    for (const overrides of [rival, { client_id: 'rival-host' }, { ...rival, code_verifier: 'x'.repeat(43) }]) {
      expect((await redeem(portal, { code, asked, overrides })).status).toBe(400);
    }
    expect((await redeem(portal, { code, asked })).status).toBe(200);
  });

  // Red when oidc-provider's refresh_token grant does not compare the client.
  test('[replay-refresh-client] another application’s refresh token is none', async () => {
    const world = started();
    const token = await refreshToken(world);
    expect((await refresh(portalOf(world), token, { client_id: 'rival-host' })).status).toBe(400);
    expect((await refresh(portalOf(world), token, { client_id: CLIENT })).status).toBe(200);
  });
}

function assertions(started: () => SecurityWorld): void {
  // Red when services/portal/src/state/replays.ts says "first use" each time.
  test('[replay-id-jag] an identity assertion works once, also when it comes five times at once', async () => {
    const world = started();
    const form = { grant_type: JWT_BEARER, assertion: idJag(world) };
    const headers = Object.entries(basic('assistant', world.supervisorSecret));
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.post('/oauth/token', form, { headers })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400, 400]);
  });

  // Red when `upsert` in services/portal/src/provider/state-adapter.ts keeps no assertion.
  test('[replay-client-assertion] a client’s proof works once', async () => {
    const world = started();
    const form = { ...(await mcpAssertion(world)), token: 'x' };
    const answers = await Promise.all(Array.from({ length: 3 }, () => world.post('/oauth/introspect', form)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401]);
  });
}

function sessions(started: () => SecurityWorld): void {
  // Red when `end` in services/portal/src/browser/sessions.ts leaves the session in the store.
  test('[replay-session] the cookie of a session that was ended is worth nothing', async () => {
    const { url } = portalOf(started());
    const browser = new TestBrowser();
    const home = await signIn(browser, await browser.open(`${url}/`), ELENA);
    expect(home.text).toContain(EMAIL.elena);
    const kept = browser.cookie('causeway_session') ?? '';
    const thief = new TestBrowser();
    thief.plant(url, 'causeway_session', kept);
    expect((await thief.open(`${url}/`)).text).toContain(EMAIL.elena);
    await browser.open(`${url}/auth/logout`, fieldsOf(home.text));
    expect((await thief.open(`${url}/`)).text).toContain('Sign in with your company');
  });

  // Red when services/portal/src/browser/sessions.ts takes over the name that the browser brought.
  test('[replay-fixation] a session’s name that was planted before the sign-in is not the one after it', async () => {
    const { url } = portalOf(started());
    const browser = new TestBrowser();
    browser.plant(url, 'causeway_session', 'planted-by-somebody');
    await signIn(browser, await browser.open(`${url}/`), MONA);
    expect(browser.cookie('causeway_session')).not.toBe('planted-by-somebody');
    const thief = new TestBrowser();
    thief.plant(url, 'causeway_session', 'planted-by-somebody');
    expect((await thief.open(`${url}/`)).text).toContain('Sign in with your company');
  });
}
