import type { RevocationFeed } from '@causeway/auth';
import type { Logger } from '@causeway/runtime';
import type { RecordAttempt } from './attempt/record-attempt.ts';
import type { Browser } from './browser/browser.ts';
import { ClientFiles } from './clients/client-files.ts';
import { findInOrder } from './clients/find-in-order.ts';
import { MetadataClients } from './clients/metadata-clients.ts';
import { findPolicyClient } from './clients/policy-clients.ts';
import { RegisteredClients } from './clients/registered-clients.ts';
import { Connections } from './consent/connections.ts';
import { Consents } from './consent/consents.ts';
import { createClientCredentials } from './grants/client-credentials.ts';
import { createIntrospect } from './grants/introspect.ts';
import { createJwtBearer } from './grants/jwt-bearer.ts';
import { createRevoke } from './grants/revoke.ts';
import { createTokenExchange } from './grants/token-exchange.ts';
import type { Identity } from './identity/identity.ts';
import type { TokenLimits } from './limits/token-limits.ts';
import { browserHooks, type BrowserHookDeps, principalFor } from './provider/browser-hooks.ts';
import { type CallProvider, createCallProvider } from './provider/call-provider.ts';
import { createProvider } from './provider/create-provider.ts';
import { loginPolicy } from './provider/interaction-policy.ts';
import { interactionsOf } from './provider/interactions.ts';
import { refreshTokensOf } from './provider/refresh-tokens.ts';
import { registerGrants } from './provider/register-grants.ts';
import { createStateAdapter } from './provider/state-adapter.ts';
import type { PortalSettings } from './settings.ts';
import { renewAccount } from './sign-in/renew-account.ts';
import type { SignedInPeople } from './signed-in-people.ts';
import type { State } from './state/open-state.ts';
import { createReplays } from './state/replays.ts';

export interface AuthorizationServerDeps {
  readonly settings: PortalSettings;
  readonly identity: Identity;
  readonly people: SignedInPeople;
  readonly state: State;
  readonly feed: RevocationFeed;
  readonly limits: TokenLimits;
  readonly record: RecordAttempt;
  readonly now: () => number;
  readonly logger: Logger;
}

export interface AuthorizationServer {
  readonly callProvider: CallProvider;
  readonly browser: Browser;
  readonly registered: RegisteredClients;
  close(): Promise<void>;
}

/** The authorization server with its grants, each of which is a file in grants/, and what its pages stand on. */
export function createAuthorizationServer(deps: AuthorizationServerDeps): AuthorizationServer {
  const { settings, identity, people, state, feed, limits, record, now, logger } = deps;
  const document = () => identity.document;
  const consents = new Consents(state.store, now);
  const connections: Connections = new Connections({
    store: state.store,
    consents,
    revocations: feed,
    endGrant: (grantId) => refreshTokens.endGrant(grantId),
    now,
  });
  const endTokens = (grantId: string) => connections.endGrantTokens(grantId, 'the grant ended');
  const files = new ClientFiles();
  const registered = new RegisteredClients({ store: state.store, sealer: people.sealer, document });
  const described = new MetadataClients({ document, files, now, report: reportTo(logger) });
  const hooks = hookDeps(deps, { consents, connections });
  const findClient = findInOrder(findPolicyClient(document, files), registered.find, described.find);
  const provider = createProvider({
    issuer: settings.publicUrl,
    adapter: createStateAdapter({ store: state.store, findClient, now, onGrantRevoked: endTokens }),
    cookieKeys: [settings.cookieKey, settings.previousCookieKey].flatMap((key) => key?.reveal() ?? []),
    document,
    now,
    logger,
    record,
    store: state.store,
    browser: browserHooks(hooks, loginPolicy(hooks.accountIdOf)),
    principalFor: principalFor(hooks),
  });
  const refreshTokens = refreshTokensOf(provider, state.store, endTokens);
  const tokens = { identity, refreshTokens };
  const platformTokenEndpoint = platformEndpoint(settings);
  registerGrants(provider, limits, [
    createTokenExchange({ identity, consents, connections, limits, platformTokenEndpoint }),
    createClientCredentials({ identity }),
    createJwtBearer({ identity, limits, replays: createReplays(state.store, now), now }),
    createRevoke({ ...tokens, revocations: feed }),
    createIntrospect(tokens),
  ]);
  const { publicUrl } = settings;
  const interactions = interactionsOf(provider);
  return {
    callProvider: createCallProvider(provider),
    registered,
    close: () => described.close(),
    browser: { ...people, registered, publicUrl, identity, consents, connections, interactions, limits, record, now },
  };
}

function hookDeps(
  { identity, people, limits, now }: AuthorizationServerDeps,
  { consents, connections }: { readonly consents: Consents; readonly connections: Connections },
): BrowserHookDeps {
  return {
    identity,
    consents,
    connections,
    limits,
    findAccount: (id) => people.accounts.find(id),
    renewAccount: (id) => renewAccount({ ...people, now }, id),
    accountIdOf: async (request) => (await people.sessions.find(request))?.accountId,
  };
}

const reportTo = (logger: Logger) => (error: unknown) =>
  logger.info('a client metadata document is refused', { error });

/** Where Databricks exchanges assertions for its own tokens. */
const platformEndpoint = ({ databricksHost }: PortalSettings): string | undefined =>
  databricksHost && `${new URL(databricksHost).origin}/oidc/v1/token`;
