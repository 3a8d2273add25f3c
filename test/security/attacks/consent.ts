import { ask, CLIENT, ELENA, REDIRECT, signIn, WANDA } from '@causeway/test-portal/authorize';
import { fieldsOf, TestBrowser } from '@causeway/test-portal/test-browser';
import { ACCESS_TOKEN, basic, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { describe, expect, test } from 'vitest';
import { portalOf } from '../credentials.ts';
import type { SecurityWorld } from '../security-world.ts';

// On the web: what runs on the person's own machine is asked about each time anyway.
const WEB = { client_id: 'web-host', redirect_uri: 'https://web.example/callback', scope: 'sql' };
const RIVAL = { client_id: 'rival-host', redirect_uri: 'https://rival.example/callback', scope: 'sql' };

export function consent(started: () => SecurityWorld): void {
  describe('confused deputy', () => {
    consentPage(started);
    agents(started);
    redirects(started);
  });
}

function consentPage(started: () => SecurityWorld): void {
  // Red when `loadGrant` in services/portal/src/provider/browser-hooks.ts looks for the person's consent to any client.
  test('[consent-per-client] a yes to one application is none to another', async () => {
    const portal = portalOf(started());
    const browser = new TestBrowser(WEB.redirect_uri);
    const page = await signIn(browser, await browser.open(ask(portal, WEB).url), ELENA);
    await browser.open(page.url, { ...fieldsOf(page.text), decision: 'allow' });
    expect((await browser.open(ask(portal, WEB).url)).url.searchParams.get('code')).not.toBeNull();
    const rival = await browser.open(ask(portal, RIVAL).url);
    expect(rival.url.href).toContain('/interaction/');
    expect(rival.text).toContain('Let Rival host work for you?');
  });

  // Red when packages/runtime/src/http/security-headers.ts and pages/layout.ts allow frames.
  test('[consent-says-what] the page names who asks, where it leads and what it opens, and no page can frame it', async () => {
    const portal = portalOf(started());
    const browser = new TestBrowser(RIVAL.redirect_uri);
    const page = await signIn(browser, await browser.open(ask(portal, RIVAL).url), WANDA);
    expect(page.text).toContain('Rival host');
    expect(page.text).toContain('<code>rival.example</code>');
    expect(page.text).toContain('(sql)');
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });

  // Red when `isProof` in services/portal/src/browser/sealer.ts takes every text.
  test('[consent-own-form] a yes that another person’s page, another site or nobody gave is none', async () => {
    const portal = portalOf(started());
    const asked = ask(portal, RIVAL).url;
    const pageOf = async (who: typeof WANDA | typeof ELENA) => {
      const browser = new TestBrowser(RIVAL.redirect_uri);
      return { browser, page: await signIn(browser, await browser.open(asked), who) };
    };
    const [wanda, elena] = [await pageOf(WANDA), await pageOf(ELENA)];
    const own = fieldsOf(wanda.page.text);
    const foreign = fieldsOf(elena.page.text);
    const yes = async (form: Record<string, string>, headers = {}) =>
      (await wanda.browser.open(wanda.page.url, { ...form, decision: 'allow' }, headers)).status;
    expect(await yes(foreign)).toBe(400);
    expect(await yes({})).toBe(400);
    expect(await yes(own, { origin: 'https://evil.example' })).toBe(400);
    // Elena's browser knows nothing of Wanda's interaction.
    expect((await elena.browser.open(wanda.page.url, { ...own, decision: 'allow' })).status).toBe(400);
    expect(await yes(own)).toBe(0);
  });
}

function agents(started: () => SecurityWorld): void {
  // Red when `checkConsent` in services/portal/src/grants/prove-actor.ts lets everybody pass.
  test('[consent-agent] an agent that its human never allowed gets no token for them', async () => {
    const world = started();
    const headers = Object.entries(basic('careful', world.supervisorSecret));
    const own = await world.post(
      '/oauth/token',
      { grant_type: 'client_credentials', resource: world.portalUrl },
      { headers },
    );
    const actor = String(own.json['access_token']);
    const form = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: world.issuer.token(),
      subject_token_type: ACCESS_TOKEN,
      resource: world.mcp.url,
      actor_token: actor,
      actor_token_type: ACCESS_TOKEN,
    };
    const refused = await world.post('/oauth/token', form, { headers, from: '127.0.0.22' });
    expect(refused.status).toBe(400);
    const id = refused.headers['x-request-id'];
    const why = async () => {
      const sql = 'SELECT reason FROM audit_base.tool_calls WHERE request_id = $1';
      return String((await world.audit<{ reason: string }>(sql, [id]))[0]?.reason);
    };
    await expect.poll(why, { timeout: 60_000, interval: 100 }).toContain('has not consented');
  });
}

const ELSEWHERE = [
  'https://evil.example/callback',
  'http://127.0.0.1:51234/callback/../rival',
  'http://127.0.0.1:51234/callback/x',
  'http://127.0.0.1:51234/callback?x=1',
  'http://127.0.0.1:51234/callback#x',
  'http://127.0.0.1:51234/CALLBACK',
  'http://127.0.0.1:51234/%63allback',
  'http://127.0.0.1:51234//callback',
  'http://127.0.0.1:51234@evil.example/callback',
  'http://evil.example\\@127.0.0.1:51234/callback',
  'http://127.0.0.1.evil.example/callback',
  'http://localhost:51234/callback',
  'https://127.0.0.1:51234/callback',
  'javascript://127.0.0.1/callback%0aalert(1)',
  'http://127.0.0.1:51234/callback\r\nlocation: https://evil.example',
];

function redirects(started: () => SecurityWorld): void {
  // Red when oidc-provider's `redirectUriAllowed` says yes.
  test('[redirect-exact] nobody is sent to an address that is not registered, however much it looks like one', async () => {
    const portal = portalOf(started());
    for (const redirect_uri of ELSEWHERE) {
      const { status, headers } = await fetch(ask(portal, { redirect_uri }).url, { redirect: 'manual' });
      expect([redirect_uri, status, headers.get('location')]).toEqual([redirect_uri, 400, null]);
    }
    const { status } = await fetch(ask(portal, { redirect_uri: REDIRECT, client_id: CLIENT }).url, {
      redirect: 'manual',
    });
    expect(status).toBe(303);
  });
}
