import type { RevocationFeed } from '@causeway/auth';
import type { Logger } from '@causeway/runtime';
import type { RecordAttempt } from './attempt/record-attempt.ts';
import { ClientFiles } from './clients/client-files.ts';
import { findPolicyClient } from './clients/policy-clients.ts';
import { Consents } from './consent/consents.ts';
import { createClientCredentials } from './grants/client-credentials.ts';
import { createIntrospect } from './grants/introspect.ts';
import { createRevoke } from './grants/revoke.ts';
import { createTokenExchange } from './grants/token-exchange.ts';
import type { Identity } from './identity/identity.ts';
import type { TokenLimits } from './limits/token-limits.ts';
import { type CallProvider, createCallProvider } from './provider/call-provider.ts';
import { createProvider } from './provider/create-provider.ts';
import { refreshTokensOf } from './provider/refresh-tokens.ts';
import { registerGrants } from './provider/register-grants.ts';
import { createStateAdapter } from './provider/state-adapter.ts';
import type { PortalSettings } from './settings.ts';
import type { State } from './state/open-state.ts';

export interface AuthorizationServerDeps {
  readonly settings: PortalSettings;
  readonly identity: Identity;
  readonly state: State;
  readonly feed: RevocationFeed;
  readonly limits: TokenLimits;
  readonly record: RecordAttempt;
  readonly now: () => number;
  readonly logger: Logger;
}

export interface AuthorizationServer {
  readonly callProvider: CallProvider;
}

/** The authorization server with its grants, each of which is a file in grants/. */
export function createAuthorizationServer(deps: AuthorizationServerDeps): AuthorizationServer {
  const { settings, identity, state, feed, limits, record, now, logger } = deps;
  const document = () => identity.document;
  const consents = new Consents(state.store, now);
  const findClient = findPolicyClient(document, new ClientFiles(now));
  const provider = createProvider({
    issuer: settings.publicUrl,
    adapter: createStateAdapter({ store: state.store, findClient, now }),
    cookieKeys: [settings.cookieKey, settings.previousCookieKey].flatMap((key) => key?.reveal() ?? []),
    document,
    now,
    logger,
    limits,
    record,
    browser: {
      findAccount: () => undefined,
      loadExistingGrant: () => undefined,
      interactions: { url: () => '/' },
      renderError: (ctx, out) => {
        ctx.body = out;
      },
    },
    principalFor: async () => ({}),
  });
  const tokens = { identity, refreshTokens: refreshTokensOf(provider, state.store) };
  registerGrants(provider, limits, [
    createTokenExchange({ identity, consents, limits, platformTokenEndpoint: platformTokenEndpoint(settings) }),
    createClientCredentials({ identity }),
    createRevoke({ ...tokens, revocations: feed }),
    createIntrospect(tokens),
  ]);
  return { callProvider: createCallProvider(provider) };
}

/** Where Databricks exchanges assertions for its own tokens. */
const platformTokenEndpoint = ({ databricksHost }: PortalSettings): string | undefined =>
  databricksHost && `${new URL(databricksHost).origin}/oidc/v1/token`;
