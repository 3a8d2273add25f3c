import type { IncomingMessage } from 'node:http';
import { narrowScopes, isScope, type Scope } from '@causeway/core';
import { mapClaims } from '@causeway/policy';
import { requestContext } from '@causeway/runtime';
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import { OAuthRefusal } from '../attempt/oauth-refusal.ts';
import { type Consents, personKey } from '../consent/consents.ts';
import type { Connections } from '../consent/connections.ts';
import { messagePage } from '../browser/pages/message.ts';
import { renderPage } from '../browser/pages/layout.ts';
import type { Identity } from '../identity/identity.ts';
import { answerPrincipal } from '../identity/principal-answer.ts';
import type { TokenLimits } from '../limits/token-limits.ts';
import type { Account } from '../sign-in/accounts.ts';
import type { TokenAnswerDeps } from './answer-token-request.ts';
import { attemptOf } from './attempt-of.ts';
import type { BrowserHooks } from './create-provider.ts';
import type { loginPolicy } from './interaction-policy.ts';

export interface BrowserHookDeps {
  readonly identity: Identity;
  readonly consents: Consents;
  readonly limits: TokenLimits;
  readonly connections: Connections;
  readonly findAccount: (id: string) => Promise<Account | undefined>;
  /** Asks the person's provider first. */
  readonly renewAccount: (id: string) => Promise<Account | undefined>;
  /** The account that is signed in in this browser now. */
  readonly accountIdOf: (request: IncomingMessage) => Promise<string | undefined>;
}

interface OwnAccount {
  readonly accountId: string;
  readonly account: Account;
  claims(): { sub: string };
  readonly [other: string]: unknown;
}

export function browserHooks(deps: BrowserHookDeps, policy: ReturnType<typeof loginPolicy>): BrowserHooks {
  return {
    interactions: { policy, url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (ctx, id) => findAccount(deps, ctx, id),
    loadExistingGrant: (ctx) => loadGrant(deps, ctx),
    renderError: (ctx, out) => {
      const { requestId } = requestContext(ctx.res);
      const text = ERRORS[out.error] ?? 'The application asked for something that is not possible here.';
      const page = renderPage(messagePage({ title: 'That did not work', text, status: ctx.status, requestId }));
      ctx.set(page.headers);
      ctx.body = page.text;
    },
  };
}

const ERRORS: Readonly<Record<string, string>> = {
  invalid_client: 'The application is not known here.',
  invalid_redirect_uri: 'The application wants you to be sent to an address that is not registered for it.',
  server_error: 'Something went wrong here.',
};

/** Who this is now: for a refresh the provider is asked first, and whoever has no role any more is nobody. */
async function findAccount(
  deps: BrowserHookDeps,
  ctx: KoaContextWithOIDC,
  id: string,
): Promise<OwnAccount | undefined> {
  // Before the library takes the code or the refresh token for used: whoever is told to wait may come back with it.
  if (ctx.oidc.route === 'token') await deps.limits.count('subject', id);
  const isRefresh = ctx.oidc.route === 'token' && ctx.oidc.params?.['grant_type'] === 'refresh_token';
  const account = await (isRefresh ? deps.renewAccount(id) : deps.findAccount(id));
  if (account === undefined || account.isOver) {
    if (isRefresh) await endGrantOf(deps, ctx);
    return undefined;
  }
  const mapped = mapClaims(deps.identity.document, account.human, account.claims);
  if (!mapped.ok) {
    const attempt = attemptOf(ctx.res);
    if (attempt !== undefined) attempt.human = account.human;
    throw new errors.InvalidGrant(mapped.reason);
  }
  return { accountId: id, account, claims: () => ({ sub: id }) };
}

async function endGrantOf({ connections }: BrowserHookDeps, { oidc }: KoaContextWithOIDC): Promise<void> {
  const { Grant: grant } = oidc.entities;
  if (grant === undefined) return;
  await grant.destroy();
  await connections.endGrantTokens(grant.jti, 'the provider says that the person is out');
}

/** What was just agreed to, or what was agreed to before, for this person and client, and covers all that is asked. */
async function loadGrant({ consents, connections, identity }: BrowserHookDeps, ctx: KoaContextWithOIDC) {
  const { client, account, provider, result } = ctx.oidc as typeof ctx.oidc & { readonly provider: Provider };
  const given = result?.consent?.grantId;
  // Gone when the person took it back since: then they are asked again.
  if (given !== undefined) return provider.Grant.find(given);
  const { account: own } = account as unknown as OwnAccount;
  const clientId = client?.clientId ?? '';
  const wanted = availableScopes(identity, own, [...ctx.oidc.requestParamScopes]);
  const isCovered = async () => {
    const consent = await consents.find(own.human, `client:${clientId}`);
    return consent?.decision === 'allowed' && wanted.allowed.every((scope) => consent.scopes.includes(scope));
  };
  if (!(await isCovered())) return undefined;
  const { resource, lifetimes } = identity.document.policy;
  const grant = createGrant(provider, { accountId: personKey(own.human), clientId, resource, ...wanted });
  const grantId = await grant.save();
  await connections.noteGrant(own.human, `client:${clientId}`, {
    grantId,
    ttlMs: lifetimes.refreshAbsoluteSeconds * 1000,
  });
  // A "no" that came before the grant was noted did not find it there.
  if (await isCovered()) return grant;
  await grant.destroy();
  return undefined;
}

export interface WantedScopes {
  readonly allowed: readonly Scope[];
  /** Asked for, but beyond the role: said so to the library, which would ask for them again. */
  readonly beyond: readonly string[];
}

export function availableScopes(
  identity: Identity,
  { human, claims }: Account,
  asked: readonly string[],
): WantedScopes {
  const mapped = mapClaims(identity.document, human, claims);
  const allowed = narrowScopes(asked.filter(isScope), mapped.ok ? mapped.scopes : []);
  return { allowed, beyond: asked.filter((scope) => !(allowed as string[]).includes(scope)) };
}

export interface NewGrant extends WantedScopes {
  readonly accountId: string;
  readonly clientId: string;
  readonly resource: string;
}

export function createGrant(provider: Provider, { accountId, clientId, resource, allowed, beyond }: NewGrant) {
  const grant = new provider.Grant({ accountId, clientId });
  if (allowed.length > 0) grant.addResourceScope(resource, allowed.join(' '));
  if (beyond.length > 0) grant.rejectResourceScope(resource, beyond.join(' '));
  return grant;
}

/** The principal token for a code or a refresh token: the role as it is now, of what was agreed to. */
export function principalFor({ identity, connections }: BrowserHookDeps): TokenAnswerDeps['principalFor'] {
  return async (ctx, attempt) => {
    const { Account: found, AccessToken: made, Client: client } = ctx.oidc.entities;
    const { account } = found as unknown as OwnAccount;
    attempt.human = account.human;
    attempt.isProven = true;
    const mapped = mapClaims(identity.document, account.human, account.claims);
    if (!mapped.ok) throw new OAuthRefusal('invalid_grant', mapped.reason, { denied: true });
    const granted = (made?.scope ?? '').split(' ').filter(isScope);
    const { issued, body } = await answerPrincipal(
      identity,
      {
        principal: mapped.principal,
        human: account.human,
        agent: undefined,
        clientId: client?.clientId ?? '',
        notAfter: undefined,
        roleScopes: narrowScopes(mapped.scopes, granted),
        requested: undefined,
        proofId: undefined,
      },
      attempt,
    );
    if (made?.grantId !== undefined) {
      await connections.noteGrantToken(made.grantId, issued);
      // Whoever ended the grant before the token was noted did not find it there.
      const grant = await ctx.oidc.provider.Grant.find(made.grantId);
      if (grant === undefined) throw new OAuthRefusal('invalid_grant', 'the grant ended meanwhile', { denied: true });
    }
    const { refresh_token: refreshToken } = ctx.body as { refresh_token?: string };
    return { ...body, ...(refreshToken !== undefined && { refresh_token: refreshToken }) };
  };
}
