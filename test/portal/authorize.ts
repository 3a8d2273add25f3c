import { createHash, randomBytes } from 'node:crypto';
import { RESOURCE } from './portal-world.ts';
import { fieldsOf, TestBrowser, type Visit } from './test-browser.ts';
import { bodyOf, post } from './token-request.ts';

export const REDIRECT = 'http://127.0.0.1:51234/callback';
export const CLIENT = 'demo-agent-host';

export const WANDA = ['northwind', 'wanda@northwind.example'] as const;
export const MONA = ['fabrikam', 'mona@fabrikam.example'] as const;
export const ELENA = ['contoso', 'elena@contoso.example'] as const;

interface Portal {
  readonly url: string;
  /** The MCP endpoint, where it is not the standard one. */
  readonly resource?: string;
}

type Overrides = Readonly<Record<string, string | undefined>>;
type Who = readonly [idp: string, email: string];

export interface Asked {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
}

/** An authorization request as a stock client makes it. */
export function ask(portal: Portal, overrides: Overrides = {}): Asked {
  const [verifier, state] = [randomBytes(32).toString('base64url'), randomBytes(8).toString('hex')];
  const url = new URL(`${portal.url}/oauth/authorize`);
  const standard = {
    response_type: 'code',
    client_id: CLIENT,
    redirect_uri: REDIRECT,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: portal.resource ?? RESOURCE,
  };
  for (const [name, value] of Object.entries({ ...standard, ...overrides })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return { url, verifier, state };
}

/** From the page that lets choose a provider to the one behind the sign-in there. */
export async function signIn(browser: TestBrowser, choose: Visit, [idp, email]: Who): Promise<Visit> {
  const link = new RegExp(`href="(/auth/${idp}/login[^"]*)"`).exec(choose.text)?.[1] ?? '';
  const page = await browser.open(new URL(link.replaceAll('&#38;', '&'), choose.url));
  return browser.open(page.url, { ...fieldsOf(page.text), email });
}

/** All the way: choose the provider, sign in, agree, and come back with a code. */
export async function authorize(portal: Portal, who: Who, overrides: Overrides = {}) {
  const browser = new TestBrowser(REDIRECT);
  const asked = ask(portal, overrides);
  const consent = await signIn(browser, await browser.open(asked.url), who);
  const fields = fieldsOf(consent.text);
  const visit = consent.text === '' ? consent : await browser.open(consent.url, { ...fields, decision: 'allow' });
  return { browser, asked, consent, visit, code: visit.url.searchParams.get('code') ?? '' };
}

export interface Redemption {
  readonly code: string;
  readonly asked: Pick<Asked, 'verifier'>;
  readonly overrides?: Readonly<Record<string, string>>;
}

export function redeem(portal: Portal, { code, asked, overrides = {} }: Redemption): Promise<Response> {
  const form = { grant_type: 'authorization_code', client_id: CLIENT, redirect_uri: REDIRECT, code };
  return post(`${portal.url}/oauth/token`, { ...form, code_verifier: asked.verifier, ...overrides });
}

export function refresh(portal: Portal, token: string, overrides: Readonly<Record<string, string>> = {}) {
  const form = { grant_type: 'refresh_token', client_id: CLIENT, refresh_token: token };
  return post(`${portal.url}/oauth/token`, { ...form, ...overrides });
}

export const refreshTokenOf = async (response: Response) => String((await bodyOf(response))['refresh_token']);
