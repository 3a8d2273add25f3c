import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, isScope, narrowScopes, type Scope } from '@causeway/core';
import { explainRole, mapClaims, type MappedClaims, type Policy } from '@causeway/policy';
import type { Application, Consent } from '../../consent/consents.ts';
import type { Account } from '../../sign-in/accounts.ts';
import type { Browser } from '../browser.ts';
import { attempted, nothing } from '../browser-attempt.ts';
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
  const kind = isAllowed ? 'consent' : 'revocation';
  await attempted(browser, { response, kind }, async (attempt) => {
    const mapped = roleOf(browser, account);
    attempt.isProven = true;
    attempt.caller = callerOf(mapped, browser.now());
    Object.assign(attempt.details, { application, decision: isAllowed ? 'allowed' : 'denied' });
    if (isAllowed) {
      const scopes = agreedScopes(browser, { application, mapped, shown: form.get('scope') ?? '' });
      attempt.details['scope'] = scopes.join(' ');
      return () => browser.connections.connect(account.human, application, { scopes, lastNo });
    }
    // What is taken away is so even when nobody can write it down; then the page says that it failed, and "again" does no harm.
    await takeBack(browser, account, application);
    return nothing;
  });
  redirect(response, '/');
}

const isApplication = (text: string): text is Application => /^(agent|client):.{1,500}$/.test(text);

interface Yes {
  readonly application: Application;
  readonly mapped: Mapped;
  /** The scopes on the page. */
  readonly shown: string;
}

/** Clients ask on a page of their own, which says what for; agents have nowhere to ask. A yes is for what was on the page. */
function agreedScopes({ identity }: Browser, { application, mapped, shown }: Yes): readonly Scope[] {
  const { policy } = identity.document;
  const id = application.slice('agent:'.length);
  const agent = application.startsWith('agent:') && Object.hasOwn(policy.agents, id) ? policy.agents[id] : undefined;
  if (agent === undefined) throw new AppError('invalid_request', 'there is no such agent');
  const agreed = narrowScopes(possibleScopes(policy, agent, mapped), shown.split(' ').filter(isScope));
  // A page that was open during an upgrade or an edit: a yes to nothing would be kept as one.
  if (agreed.length === 0) throw new AppError('invalid_request', 'nothing of what was on the page can be had');
  return agreed;
}

type AgentRule = Policy['agents'][string];

/** All that the agent may have when it works for this person. */
const possibleScopes = ({ roles }: Policy, { role, scopes }: AgentRule, mapped: Mapped): Scope[] =>
  narrowScopes(mapped.scopes, scopes, roles[role]?.scopes ?? []);

/** A "no" is kept for years, so there is one only for what can work for this person. */
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
    .map(([id, agent]) => {
      const application = `agent:${id}`;
      const said = consents.find((one) => one.application === application);
      const possible = possibleScopes(policy, agent, mapped);
      return { application, name: `Agent ${id}`, ...agentEntry({ said, possible, consent: agent.consent }) };
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
        wanted: undefined,
      };
    });
  return [...clients, ...agents];
}

interface AgentConsent {
  readonly said: Consent | undefined;
  readonly possible: readonly Scope[];
  readonly consent: AgentRule['consent'];
}

/** What the policy gave the agent since the yes is not agreed to: it stands there to be agreed to. */
function agentEntry({ said, possible, consent }: AgentConsent): Pick<Connected, 'note' | 'isAllowed' | 'wanted'> {
  const decision = said?.decision ?? (consent === 'admin' ? 'by the administrator' : 'denied');
  if (decision === 'denied') {
    const wanted = possible.length === 0 ? undefined : possible;
    return { note: `not allowed: ${possible.join(', ')}`, isAllowed: false, wanted };
  }
  const agreed = said === undefined ? possible : possible.filter((scope) => said.scopes.includes(scope));
  const more = possible.filter((scope) => !agreed.includes(scope));
  const note = `allowed by ${said === undefined ? 'the administrator' : 'you'}: ${agreed.join(', ')}`;
  if (more.length === 0) return { note, isAllowed: true, wanted: undefined };
  return { note: `${note}; it may have ${more.join(', ')} too if you agree`, isAllowed: true, wanted: possible };
}
