import { generateKeyPairSync } from 'node:crypto';
import { SCOPES } from '@causeway/core';
import type { Logger } from '@causeway/runtime';
import { type AdapterFactory, type Configuration, errors, Provider } from 'oidc-provider';
import { answerTokenRequests, type TokenAnswerDeps } from './answer-token-request.ts';
import { checkClientAssertion } from './check-client-assertion.ts';
import { PATHS } from '../endpoints/paths.ts';
import { recordRefusedAuthorizations } from './record-refused-authorizations.ts';

export interface ProviderDeps extends TokenAnswerDeps {
  readonly issuer: string;
  readonly adapter: AdapterFactory;
  readonly cookieKeys: readonly string[];
  readonly browser: BrowserHooks;
  readonly now: () => number;
  readonly logger: Logger;
}

/** What a sign-in by browser adds: who somebody is, what they agreed to, and the pages. */
export type BrowserHooks = Required<
  Pick<Configuration, 'findAccount' | 'loadExistingGrant' | 'interactions' | 'renderError'>
>;

/** The authorization server. Nothing outside of this folder knows the library. */
export function createProvider(deps: ProviderDeps): Provider {
  const provider = new Provider(deps.issuer, configuration(deps));
  // The address is that of PORTAL_PUBLIC_URL: `callProvider` sets the forwarded headers itself.
  provider.proxy = true;
  answerTokenRequests(provider, deps);
  recordRefusedAuthorizations(provider, deps);
  // Koa writes to the console when nobody listens.
  (provider as NodeJS.EventEmitter).on('error', (error) =>
    deps.logger.error('the authorization server failed', { error }),
  );
  return provider;
}

function configuration(deps: ProviderDeps): Configuration {
  const { browser } = deps;
  return {
    adapter: deps.adapter,
    jwks: { keys: [unusedKey()] },
    routes: {
      authorization: PATHS.authorize,
      token: PATHS.token,
      // Answered by our own endpoints before a request comes here.
      jwks: '/oauth/unused/jwks',
      end_session: '/oauth/unused/end-session',
    },
    responseTypes: ['code'],
    scopes: [],
    claims: {},
    subjectTypes: ['public'],
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'ES384', 'PS256', 'PS384', 'RS256', 'RS384', 'EdDSA'],
      idTokenSigningAlgValues: ['ES256'],
    },
    assertJwtClientAuthClaimsAndHeader: checkClientAssertion(deps.now),
    pkce: { required: () => true },
    clockTolerance: 30,
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    clientBasedCORS: () => false,
    cookies: cookies(deps),
    ttl: lifetimes(deps),
    ...browser,
    features: features(deps),
  };
}

/** Nothing is signed with it: every token is made by packages/auth. Without a key the library would use published ones. */
function unusedKey() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' };
}

function cookies({ issuer, cookieKeys }: ProviderDeps): Configuration['cookies'] {
  const secure = issuer.startsWith('https:');
  // Cookies ignore ports: names of our own keep them apart from those of other programs on the host.
  const common = { httpOnly: true, sameSite: 'lax', secure, signed: true, overwrite: true } as const;
  return {
    names: {
      session: `${secure ? '__Host-' : ''}causeway_oauth_session`,
      interaction: 'causeway_oauth_interaction',
      resume: 'causeway_oauth_resume',
    },
    keys: [...cookieKeys],
    long: { ...common, path: '/' },
    short: common,
  };
}

function lifetimes({ document, now }: ProviderDeps): Configuration['ttl'] {
  const policy = () => document().policy.lifetimes;
  const absolute = () => policy().refreshAbsoluteSeconds;
  return {
    AccessToken: 900,
    AuthorizationCode: 60,
    Interaction: 600,
    // A sign-in is for one authorization; the portal's own session is what remembers a person.
    Session: 600,
    Grant: () => absolute() + 60,
    // Idle for an hour at most, and never beyond twelve hours from the first one (`iiat`).
    RefreshToken: (_ctx, token) => {
      const since = Math.floor(now() / 1000) - (token.iiat ?? Math.floor(now() / 1000));
      return Math.max(1, Math.min(policy().refreshIdleSeconds, absolute() - since));
    },
  };
}

function features({ document }: ProviderDeps): Configuration['features'] {
  const off = { enabled: false };
  return {
    devInteractions: off,
    dPoP: off,
    pushedAuthorizationRequests: off,
    userinfo: off,
    rpInitiatedLogout: off,
    resourceIndicators: {
      enabled: true,
      defaultResource: () => document().policy.resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        // RFC 8707 §2.
        if (resource !== document().policy.resource) throw new errors.InvalidTarget('the resource is not ours');
        return { scope: SCOPES.join(' '), audience: resource, accessTokenFormat: 'opaque' };
      },
    },
  };
}
