import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, narrowScopes, type Scope } from '@causeway/core';
import { explainRole, mapClaims, type MappedClaims, type Policy } from '@causeway/policy';
import type { Application, Consent } from '../../consent/consents.ts';
import type { Account } from '../../sign-in/accounts.ts';
import type { Browser } from '../browser.ts';
import { attempted } from '../browser-attempt.ts';
import { ANYTHING, readOwnForm } from '../page-handler.ts';
import { chooseProviderPage } from '../pages/choose-provider.ts';
import { type Connected, homePage } from '../pages/home.ts';
import { sendPage } from '../pages/layout.ts';
import { signedIn } from '../signed-in.ts';
import { callerOf, redirect } from './sign-in-routes.ts';

/** GET /: who you are here, your role, your tools, and who may work for you. */
export async function home(browser: Browser, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { identity, sealer, consents } = browser;
  const who = await signedIn(browser, request);
  if (who === undefined) {
    const providers = identity.document.policy.providers.filter(({ client }) => client !== undefined);
    return sendPage(response, chooseProviderPage({ providers, returnTo: '/' }));
  }
  const { account, session } = who;
  const mapped = roleOf(browser, account);
  const tools = explainRole(identity.document, mapped.principal.role)?.tools ?? [];
  sendPage(
    response,
    homePage({
      human: account.human,
      role: mapped.principal.role,
      groups: mapped.principal.groups,
      scopes: mapped.scopes,
      tools: tools.filter(({ allowed }) => allowed).map(({ name }) => name),
      connected: connectedOf(identity.document.policy, mapped, await consents.listOf(account.human)),
      csrf: sealer.proof(ANYTHING, session.id),
    }),
  );
}

/** POST /connections: allow an agent, or take back what an application or agent was allowed. */
export async function changeConnection(browser: Browser, request: IncomingMessage, response: ServerResponse) {
  const who = await signedIn(browser, request);
  if (who === undefined) return redirect(response, '/');
  const { account, session } = who;
  const form = await readOwnForm(request, { ...browser, session });
  const application = form.get('application') ?? '';
  const isAllowed = form.get('decision') === 'allow';
  if (!isApplication(application)) throw new AppError('invalid_request', 'no application is named');
  const lastNo = await browser.consents.lastNo(account.human, application);
  const scopes = await attempted(browser, { response, kind: isAllowed ? 'consent' : 'revocation' }, async (attempt) => {
    const mapped = roleOf(browser, account);
    attempt.isProven = true;
    attempt.caller = callerOf(mapped, browser.now());
    Object.assign(attempt.details, { application, decision: isAllowed ? 'allowed' : 'denied' });
    if (isAllowed) return scopesOfAgent(browser, application);
    // What is taken away is so even when nobody can write it down; then the page says that it failed, and "again" does no harm.
    await takeBack(browser, account, application);
    return undefined;
  });
  if (scopes !== undefined) await browser.connections.connect(account.human, application, { scopes, lastNo });
  redirect(response, '/');
}

const isApplication = (text: string): text is Application => /^(agent|client):.{1,500}$/.test(text);

/** Clients ask on a page of their own, which says what for; agents have nowhere to ask. */
function scopesOfAgent({ identity }: Browser, application: Application): readonly Scope[] {
  const { agents } = identity.document.policy;
  const id = application.slice('agent:'.length);
  const agent = application.startsWith('agent:') && Object.hasOwn(agents, id) ? agents[id] : undefined;
  if (agent === undefined) throw new AppError('invalid_request', 'there is no such agent');
  return agent.scopes;
}

/** A "no" is kept for a year, so there is one only for what can work for this person. */
async function takeBack({ consents, connections, identity }: Browser, { human }: Account, application: Application) {
  const isAgent =
    application.startsWith('agent:') &&
    Object.hasOwn(identity.document.policy.agents, application.slice('agent:'.length));
  const isKnown = isAgent || (await consents.find(human, application)) !== undefined;
  if (!isKnown) throw new AppError('invalid_request', 'nothing of that name works for this person');
  await connections.disconnect(human, application);
}

type Mapped = Extract<MappedClaims, { ok: true }>;

function roleOf({ identity }: Browser, { human, claims }: Account): Mapped {
  const mapped = mapClaims(identity.document, human, claims);
  if (!mapped.ok) throw new AppError('access_denied', mapped.reason);
  return mapped;
}

function connectedOf(policy: Policy, mapped: Mapped, consents: readonly Consent[]): Connected[] {
  const agents = Object.entries(policy.agents)
    .filter(([, { mayActFor }]) => mayActFor.some((group) => mapped.principal.groups.includes(group)))
    .map(([id, { consent, scopes }]): Connected => {
      const said = consents.find(({ application }) => application === `agent:${id}`)?.decision;
      const isAllowed = said === 'allowed' || (said === undefined && consent === 'admin');
      const note = said === undefined && consent === 'admin' ? 'allowed by the administrator' : noteOf(isAllowed);
      return {
        application: `agent:${id}`,
        name: `Agent ${id}`,
        note: `${note}: ${narrowScopes(scopes, mapped.scopes).join(', ')}`,
        isAllowed,
      };
    });
  const clients = consents
    .filter(({ application, decision }) => application.startsWith('client:') && decision === 'allowed')
    .map(({ application, scopes, at }): Connected => {
      const id = application.slice('client:'.length);
      const name = (Object.hasOwn(policy.clients, id) ? policy.clients[id]?.name : undefined) ?? id;
      return {
        application,
        name,
        note: `since ${at.slice(0, 10)}: ${scopes.join(', ') || 'who you are'}`,
        isAllowed: true,
      };
    });
  return [...clients, ...agents];
}

const noteOf = (isAllowed: boolean) => (isAllowed ? 'allowed by you' : 'not allowed');
