import { authorize, ELENA, redeem } from '@causeway/test-portal/authorize';
import { fieldsOf, TestBrowser } from '@causeway/test-portal/test-browser';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { EMAIL, portalOf } from '../credentials.ts';
import type { SecurityWorld } from '../security-world.ts';

export function mixUp(started: () => SecurityWorld): void {
  describe('mix-up', () => {
    atTheCallback(started);
    betweenCompanies(started);
  });
}

/** Back from the provider with a code, stopped on the doorstep of the portal. */
async function answerOf(world: SecurityWorld): Promise<{ browser: TestBrowser; callback: URL }> {
  const browser = new TestBrowser(`${world.portalUrl}/auth/northwind/callback`);
  const page = await browser.open(`${world.portalUrl}/auth/northwind/login`);
  const { url: callback } = await browser.open(page.url, { ...fieldsOf(page.text), email: EMAIL.wanda });
  return { browser, callback };
}

/** With the cookies of the browser that began. */
const deliver = (world: SecurityWorld, browser: TestBrowser, url: URL) =>
  // From an address of its own, so that each refusal is recorded.
  world.send({ url: url.href, method: 'GET', from: '127.0.0.21', headers: [['cookie', cookiesOf(browser)]] });
const cookiesOf = (browser: TestBrowser) => `causeway_sign_in=${browser.cookie('causeway_sign_in') ?? ''}`;

function atTheCallback(started: () => SecurityWorld): void {
  // Red when `finish` in services/portal/src/sign-in/sign-in.ts does not compare the provider.
  test('[mix-up-provider] an answer that was asked of one provider is not taken at another one’s address', async () => {
    const world = started();
    const { browser, callback } = await answerOf(world);
    const elsewhere = new URL(callback.href.replace('/northwind/', '/fabrikam/'));
    const refused = await deliver(world, browser, elsewhere);
    expect(refused.status).toBe(400);
    // Before anything of it was sent to the other provider.
    const id = refused.headers['x-request-id'];
    const reasons = () =>
      world.audit<{ reason: string }>('SELECT reason FROM audit_base.tool_calls WHERE request_id = $1', [id]);
    const why = async () => String((await reasons())[0]?.reason);
    await expect.poll(why, { timeout: 60_000, interval: 100 }).toContain('another provider');
    // Taken by that: nobody tries the right address afterwards.
    expect((await deliver(world, browser, callback)).status).toBe(400);
  });

  // Red when `finish` in services/portal/src/sign-in/sign-in.ts finds any browser good.
  test('[mix-up-browser] an answer that somebody else began signs nobody in', async () => {
    const world = started();
    const { browser, callback } = await answerOf(world);
    expect((await deliver(world, new TestBrowser(), callback)).status).toBe(400);
    const fresh = await answerOf(world);
    expect((await deliver(world, browser, fresh.callback)).status).toBe(400);
  });

  // Red when the metadata of services/portal/src/sign-in/partner-clients.ts does not promise `iss` and openid-client is told not to look.
  test('[mix-up-issuer] the portal names itself in its answer', async () => {
    const portal = portalOf(started());
    const { visit, asked, code } = await authorize(portal, ELENA);
    expect(visit.url.searchParams.get('iss')).toBe(portal.url);
    expect(visit.url.searchParams.get('state')).toBe(asked.state);
    expect((await redeem(portal, { code, asked })).status).toBe(200);
  });
}

function betweenCompanies(started: () => SecurityWorld): void {
  const human = async (world: SecurityWorld, claims: object) => {
    const token = await world.mcp.exchange(world.issuer.token(world.issuer.claims({ ...claims })));
    return decodeJwt(token)['human'] as { iss: string; sub: string; email?: string };
  };

  // Red when `emailOf` in packages/auth/src/subject-token/person-of.ts takes every domain.
  test('[mix-up-email] one company’s provider cannot name another company’s people', async () => {
    const world = started();
    for (const email of [
      EMAIL.wanda,
      'WANDA@NORTHWIND.EXAMPLE',
      'tess@test.example@northwind.example',
      'tess@test.example.',
    ]) {
      expect((await human(world, { email })).email, email).toBeUndefined();
    }
    expect((await human(world, { email: 'tess@test.example' })).email).toBe('tess@test.example');
  });

  // Red when packages/auth/src/subject-token/person-of.ts leaves the issuer out of who somebody is.
  test('[mix-up-subject] the same subject at another provider is another person', async () => {
    const world = started();
    const { sub } = decodeJwt(await world.mcp.signIn(EMAIL.wanda));
    const { iss } = await human(world, { sub });
    expect(iss).toBe(world.issuer.issuer);
    const proof = world.mcp.bearer(await world.mcp.exchange(world.issuer.token(world.issuer.claims({ sub }))));
    const { content } = await world.call(Object.entries(proof.headers), 'check_identity');
    expect(content['human']).toMatchObject({ idp: 'test' });
  });

  // Red when the route of packages/auth/src/subject-token/trusted-providers.ts is by a name that only looks alike.
  test('[mix-up-claimed-issuer] a token that names another provider’s issuer is not proved by its own keys', async () => {
    const world = started();
    const northwind = decodeJwt(await world.mcp.signIn(EMAIL.wanda));
    const forged = world.issuer.token({ ...northwind });
    await expect(world.mcp.exchange(forged)).rejects.toThrow('400');
    for (const iss of [`${world.issuer.issuer}/`, world.issuer.issuer.toUpperCase(), `${world.issuer.issuer}#`]) {
      await expect(world.mcp.exchange(world.issuer.token(world.issuer.claims({ iss })))).rejects.toThrow('400');
    }
  });
}
