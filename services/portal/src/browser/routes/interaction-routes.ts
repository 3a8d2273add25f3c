import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@causeway/core';
import { mapClaims } from '@causeway/policy';
import { availableScopes } from '../../provider/browser-hooks.ts';
import type { PendingAuthorization } from '../../provider/interactions.ts';
import type { Account } from '../../sign-in/accounts.ts';
import type { Browser } from '../browser.ts';
import { attempted, nothing } from '../browser-attempt.ts';
import { readOwnForm } from '../page-handler.ts';
import { chooseProviderPage } from '../pages/choose-provider.ts';
import { consentPage } from '../pages/consent.ts';
import { sendPage } from '../pages/layout.ts';
import { signedIn } from '../signed-in.ts';
import { callerOf } from './sign-in-routes.ts';

/** GET /interaction/{uid}: an application waits; first a sign-in, then a yes. */
export async function showInteraction(browser: Browser, request: IncomingMessage, response: ServerResponse) {
  const pending = await browser.interactions.find(request, response);
  const who = await signedIn(browser, request);
  if (who === undefined || (pending.isFreshWanted && who.session.signedInAt < pending.begunAt)) {
    const providers = browser.identity.document.policy.providers.filter(({ client }) => client !== undefined);
    return sendPage(response, chooseProviderPage({ providers, returnTo: `/interaction/${pending.uid}` }));
  }
  const { account, session } = who;
  const mapped = mapClaims(browser.identity.document, account.human, account.claims);
  if (!mapped.ok) throw new AppError('access_denied', mapped.reason);
  if (pending.prompt === 'login') return browser.interactions.finishLogin(request, response, account.id);
  const { clients } = browser.identity.document.policy;
  const scopes = availableScopes(browser.identity, account, pending.scopes).allowed;
  sendPage(
    response,
    consentPage({
      action: `/interaction/${pending.uid}`,
      csrf: browser.sealer.proof(aboutOf(pending, scopes), session.id),
      clientId: pending.clientId,
      clientName: pending.clientName,
      redirectUri: pending.redirectUri,
      scopes,
      human: account.human,
      role: mapped.principal.role,
      isSelfDescribed: !Object.hasOwn(clients, pending.clientId),
    }),
  );
}

/** POST /interaction/{uid}: yes or no. */
export async function answerInteraction(browser: Browser, request: IncomingMessage, response: ServerResponse) {
  const pending = await browser.interactions.find(request, response);
  const who = await signedIn(browser, request);
  if (who === undefined) throw new AppError('invalid_request', 'nobody is signed in');
  const { account, session } = who;
  const { allowed } = availableScopes(browser.identity, account, pending.scopes);
  const form = await readOwnForm(request, { ...browser, session, about: aboutOf(pending, allowed) });
  if (pending.prompt !== 'consent' || pending.accountId !== account.id) {
    throw new AppError('invalid_request', 'the application does not wait for this person’s consent');
  }
  await decide(browser, { request, response, pending, account, isAllowed: form.get('decision') === 'allow' });
}

/** What is on the page: a policy that changed meanwhile, or another request, is asked about anew. */
const aboutOf = ({ uid, clientId, redirectUri }: PendingAuthorization, scopes: readonly string[]): string =>
  JSON.stringify(['consent', uid, clientId, redirectUri, scopes]);

interface Decision {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly pending: PendingAuthorization;
  readonly account: Account;
  readonly isAllowed: boolean;
}

async function decide(browser: Browser, { request, response, pending, account, isAllowed }: Decision): Promise<void> {
  const { identity, consents, interactions } = browser;
  const { clientId } = pending;
  const wanted = availableScopes(identity, account, pending.scopes);
  const lastNo = await consents.lastNo(account.human, `client:${clientId}`);
  const grantId = await attempted(browser, { response, kind: 'consent' }, async (attempt) => {
    const mapped = mapClaims(identity.document, account.human, account.claims);
    if (!mapped.ok) throw new AppError('access_denied', mapped.reason);
    attempt.isProven = true;
    attempt.clientId = clientId;
    attempt.caller = callerOf(mapped, browser.now());
    const decision = isAllowed ? 'allowed' : 'denied';
    Object.assign(attempt.details, { decision, redirect_uri: pending.redirectUri, scope: wanted.allowed.join(' ') });
    return isAllowed ? () => connect(browser, { pending, account, wanted, lastNo }) : nothing;
  });
  if (grantId === undefined) return interactions.refuse(request, response);
  await browser.registered.keep(clientId);
  await interactions.finishConsent(request, response, grantId);
}

interface Yes extends Pick<Decision, 'pending' | 'account'> {
  readonly wanted: ReturnType<typeof availableScopes>;
  readonly lastNo: string | undefined;
}

/** Answers with the id of the grant. */
async function connect(browser: Browser, { pending: { clientId }, account, wanted, lastNo }: Yes): Promise<string> {
  const { resource, lifetimes } = browser.identity.document.policy;
  const grantId = await browser.interactions.grant({ accountId: account.id, clientId, resource, ...wanted });
  const grant = { grantId, ttlMs: lifetimes.refreshAbsoluteSeconds * 1000 };
  await browser.connections.connect(account.human, `client:${clientId}`, { scopes: wanted.allowed, lastNo, grant });
  return grantId;
}
