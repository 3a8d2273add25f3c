import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, type Caller } from '@causeway/core';
import { type MappedClaims, mapClaims } from '@causeway/policy';
import { countAddress } from '../../attempt/count-address.ts';
import type { Browser } from '../browser.ts';
import { attempted, nothing } from '../browser-attempt.ts';
import { localPath } from '../local-path.ts';
import { readOwnForm } from '../page-handler.ts';
import { chooseProviderPage } from '../pages/choose-provider.ts';
import { sendPage } from '../pages/layout.ts';
import { leavingPage } from '../pages/message.ts';

const SIGN_IN_SECONDS = 600;
/** So many tabs may be at a provider at once; the oldest is forgotten for the next. */
const TABS_MAX = 5;

/** GET /auth?email=…: which provider has this domain. */
export async function findProvider(
  browser: Browser,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = queryOf(request);
  const [email, returnTo] = [query.get('email')?.trim().slice(0, 254), localPath(query.get('return_to'))];
  const domain = email?.toLowerCase().split('@').at(-1) ?? '';
  const providers = browser.identity.document.policy.providers.filter(({ client }) => client !== undefined);
  const found = providers.find(({ emailDomains }) => emailDomains.includes(domain));
  if (found === undefined) return sendPage(response, chooseProviderPage({ providers, returnTo, unknownEmail: email }));
  const there = new URL(`/auth/${found.id}/login`, browser.publicUrl);
  there.searchParams.set('return_to', returnTo);
  sendPage(response, leavingPage('Your company’s sign-in', there));
}

/** GET /auth/{idp}/login: off to the provider. */
export async function beginSignIn(browser: Browser, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await countAddress(browser, response);
  const begun = await browser.signIn.begin(idpOf(request), localPath(queryOf(request).get('return_to')));
  if (begun === undefined) throw new AppError('not_found', 'no provider of that name signs people in');
  writeTabs(browser, response, [...tabsOf(browser, request), begun.browser].slice(-TABS_MAX));
  redirect(response, begun.url.href);
}

/** GET /auth/{idp}/callback: back from the provider. */
export async function endSignIn(browser: Browser, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const idp = idpOf(request);
  const search = new URL(request.url ?? '/', browser.publicUrl).search.slice(1);
  const tabs = tabsOf(browser, request);
  const returnTo = await attempted(browser, { response, kind: 'sign_in' }, async (attempt) => {
    attempt.details['idp'] = idp;
    const finished = await browser.signIn.finish(idp, { search, browsers: tabs });
    const others = tabs.filter((tab) => tab !== finished.browser);
    writeTabs(browser, response, others);
    const { human, claims } = finished.signedIn;
    attempt.human = human;
    attempt.isProven = true;
    const mapped = mapClaims(browser.identity.document, human, claims);
    if (!mapped.ok) throw new AppError('access_denied', mapped.reason);
    attempt.caller = callerOf(mapped, browser.now());
    return async () => {
      const accountId = await browser.accounts.save(finished.signedIn);
      await browser.sessions.begin(request, response, { accountId, idToken: finished.idToken });
      return finished.returnTo;
    };
  });
  redirect(response, returnTo);
}

/** What tells this browser from others, anew for each tab that is at a provider. */
const tabsOf = ({ cookies }: Browser, request: IncomingMessage): string[] =>
  cookies.read(request, 'sign_in')?.split('.').slice(-TABS_MAX) ?? [];

function writeTabs({ cookies }: Browser, response: ServerResponse, tabs: readonly string[]): void {
  if (tabs.length === 0) cookies.clear(response, 'sign_in');
  else cookies.write(response, 'sign_in', { value: tabs.join('.'), maxAgeSeconds: SIGN_IN_SECONDS });
}

/** POST /auth/logout: here, and at the provider. */
export async function signOut(browser: Browser, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const session = await browser.sessions.find(request);
  if (session === undefined) return redirect(response, '/');
  await readOwnForm(request, { ...browser, session });
  const account = await browser.accounts.find(session.accountId);
  await attempted(browser, { response, kind: 'sign_out' }, async (attempt) => {
    attempt.human = account?.human;
    attempt.isProven = true;
    // A full journal keeps nobody signed in.
    await browser.sessions.end(response, session);
    return nothing;
  });
  const there = account && (await browser.signIn.endUrl(account.human.idp, session.idToken, `${browser.publicUrl}/`));
  if (there === undefined) return redirect(response, '/');
  sendPage(response, leavingPage('You are signed out here', there));
}

export function callerOf(mapped: Extract<MappedClaims, { ok: true }>, nowMs: number): Caller {
  const { human, principal, scopes } = mapped;
  return {
    pattern: 'federation',
    human,
    agent: undefined,
    principal,
    scopes,
    expiresAt: new Date(nowMs),
    tokenId: '',
  };
}

export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(303, { location, 'cache-control': 'no-store' }).end();
}

const idpOf = ({ url = '' }: IncomingMessage): string => /^\/auth\/([\w-]{1,41})\//.exec(url)?.[1] ?? '';
const queryOf = ({ url = '' }: IncomingMessage): URLSearchParams => new URLSearchParams(url.split('?')[1] ?? '');
