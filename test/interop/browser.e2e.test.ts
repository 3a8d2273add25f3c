import { ask, ELENA, MONA, redeem, refresh, refreshTokenOf, WANDA } from '@causeway/test-portal/authorize';
import { type PortalWorld, startPortalWorld } from '@causeway/test-portal/portal-world';
import { bodyOf, post } from '@causeway/test-portal/token-request';
import { requirement } from '@causeway/test-e2e/requirement';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from './chromium.ts';

/** Nobody else here agrees to anything in his name. */
const ERIK = ['northwind', 'erik@northwind.example'] as const;

let world: PortalWorld;
let chromium: Chromium;
/** The application on the person's own machine: it waits for the code. */
let app: Server;
let redirect: string;

beforeAll(async () => {
  app = createServer((_request, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end('<!doctype html><link rel="icon" href="data:,">You can close this page.');
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  redirect = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
  [world, chromium] = await Promise.all([startPortalWorld(), startChromium()]);
});
afterAll(async () => {
  app?.close();
  await Promise.all([world?.stop(), chromium?.close()]);
});

const providerName = (idp: string) => idp.slice(0, 1).toUpperCase() + idp.slice(1);

async function signIn(page: Page, [idp, email]: readonly [string, string]): Promise<void> {
  await page.getByRole('link', { name: `Continue with ${providerName(idp)}` }).click();
  await page.getByLabel('Or type an e-mail address').fill(email);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test.for([WANDA, MONA, ELENA])(
  '[portal-authorize-sign-in, portal-authorize-consent, portal-authorize-iss] a person of %s signs in, agrees, and the application gets its tokens',
  async (who) => {
    const page = await (await chromium.context()).newPage();
    const asked = ask(world, { redirect_uri: redirect });
    await page.goto(asked.url.href);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in with your company');
    await signIn(page, who);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Let Demo agent host work for you?');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(`${redirect}?*`);
    const back = new URL(page.url()).searchParams;
    expect([back.get('state'), back.get('iss')]).toEqual([asked.state, world.url]);
    const first = await redeem(world, { code: back.get('code') ?? '', asked, overrides: { redirect_uri: redirect } });
    expect(first.status).toBe(200);
    const renewed = await refresh(world, await refreshTokenOf(first));
    const { refresh_token: token } = await bodyOf(renewed);
    const form = { client_id: 'demo-agent-host', token: String(token) };
    expect((await post(`${world.url}/oauth/revoke`, form)).status).toBe(200);
    expect((await refresh(world, String(token))).status).toBe(400);
    await page.context().close();
    expect(chromium.complaints).toEqual([]);
  },
);

requirement(
  ['portal-login-logout', 'portal-home'],
  'a partner’s person signs in, sees what is theirs, takes back an application, and signs out',
  async () => {
    const page = await (await chromium.context()).newPage();
    await page.goto(ask(world, { redirect_uri: redirect }).url.href);
    await signIn(page, ERIK);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.waitForURL(`${redirect}?*`);
    await page.goto(`${world.url}/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('erik@northwind.example');
    // What the agent may do for him: never what only others may.
    expect(await page.getByText('allowed by the administrator').textContent()).toBe(
      'allowed by the administrator: sql, genie',
    );
    await page.getByRole('button', { name: 'Revoke Demo agent host' }).click();
    await page.getByRole('button', { name: 'Revoke Demo agent host' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(`${world.url}/`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in with your company');
    await page.context().close();
    expect(chromium.complaints).toEqual([]);
  },
);

requirement('portal-authorize-sign-in', 'an unknown e-mail address is said to be so, next to its field', async () => {
  const page = await (await chromium.context()).newPage();
  await page.goto(`${world.url}/`);
  await page.getByLabel('Your work e-mail').fill('somebody@elsewhere.example');
  await page.getByRole('button', { name: 'Find my company' }).click();
  expect(await page.getByRole('alert').textContent()).toContain('somebody@elsewhere.example');
  expect(await page.getByLabel('Your work e-mail').getAttribute('aria-describedby')).toBe('email-problem');
  await page.context().close();
  expect(chromium.complaints).toEqual([]);
});
