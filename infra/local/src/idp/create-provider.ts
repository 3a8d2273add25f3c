import type { JWK } from 'jose';
import {
  type Account,
  type AdapterFactory,
  type ClientMetadata,
  type Configuration,
  errors,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';

import type { IdpId, Person } from '../people.ts';
import { AUDIENCES, DEV_CLIENT } from './issuers.ts';
import { messagePage, signOutPage } from './pages.ts';
import type { TokenShape } from './token-shape.ts';

export interface ProviderSetup {
  readonly idp: IdpId;
  readonly issuer: string;
  readonly shape: TokenShape;
  readonly portalUrl: string;
  readonly portalSecret: string;
  readonly keys: readonly JWK[];
  readonly cookieKey: string;
  readonly adapter: AdapterFactory;
  readonly people: readonly Person[];
}

const ACCESS_TOKEN_SECONDS = 3600;

/** Every access token is for the one registered API, so no client has to name it; this is what the provider calls it inside. */
const API = 'urn:causeway:api';

/** One issuer. Its keys are fixed for its lifetime: another key means another provider on the same adapter. */
export function createProvider(setup: ProviderSetup): Provider {
  const { idp, issuer, shape } = setup;
  const provider = new Provider(issuer, {
    adapter: setup.adapter,
    jwks: { keys: [...setup.keys] },
    clients: clientsOf(setup),
    routes: shape.routes,
    scopes: ['openid', 'offline_access'],
    claims: Object.fromEntries(Object.entries(shape.scopes).map(([scope, claims]) => [scope, [...claims]])),
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    pkce: { required: () => true },
    subjectTypes: [shape.pairwise === undefined ? 'public' : 'pairwise'],
    pairwiseIdentifier: (_ctx, subject, client) => shape.pairwise?.(subject, client.clientId) ?? subject,
    // Cookies ignore ports: the issuers, and whatever else is on this host, must not see one another's.
    cookies: {
      names: { session: `${idp}_session`, interaction: `${idp}_interaction`, resume: `${idp}_resume` },
      keys: [setup.cookieKey],
      long: { httpOnly: true, sameSite: 'lax', path: shape.mount },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    interactions: { url: (_ctx, interaction) => `${shape.mount}/interaction/${interaction.uid}` },
    findAccount: (ctx, subject) => accountOf(setup, ctx, subject),
    formats: { customizers: { jwt: (ctx, token, parts) => shapeAccessToken(setup, { ctx, token, parts }) } },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS,
      AuthorizationCode: 60,
      IdToken: ACCESS_TOKEN_SECONDS,
      Interaction: 600,
      Session: 12 * 3600,
      Grant: 12 * 3600,
      RefreshToken: 12 * 3600,
    },
    // The strictest that the products offer: whoever refreshes must keep the newest token.
    rotateRefreshToken: true,
    clientBasedCORS: () => false,
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = messagePage('This did not work', `${error}: ${description ?? 'the request was refused'}`);
    },
    features: featuresOf(setup),
  });
  provider.use(askConsentForOfflineAccess(shape));
  return provider;
}

function featuresOf({ idp }: ProviderSetup): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    userinfo: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => API,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== API) throw new errors.InvalidTarget();
        return {
          scope: 'openid profile email offline_access',
          audience: AUDIENCES[idp],
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        };
      },
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = signOutPage(idp, form);
      },
      postLogoutSuccessSource: (ctx) => {
        ctx.body = messagePage('Signed out', `You are signed out of ${idp}.`);
      },
    },
  };
}

function clientsOf({ idp, portalUrl, portalSecret }: ProviderSetup): ClientMetadata[] {
  const flow = { response_types: ['code' as const], grant_types: ['authorization_code', 'refresh_token'] };
  return [
    {
      ...flow,
      client_id: 'causeway-portal',
      client_secret: portalSecret,
      redirect_uris: [`${portalUrl}/auth/${idp}/callback`],
      post_logout_redirect_uris: [`${portalUrl}/`],
    },
    {
      ...flow,
      client_id: DEV_CLIENT.id,
      // RFC 8252 §7.3: a native client's loopback redirect may have any port.
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: [DEV_CLIENT.redirectUri],
    },
  ];
}

/** A subject means somebody only at the provider that issued it. */
function personOf({ people, idp }: ProviderSetup, subject: string | undefined): Person | undefined {
  return people.find((person) => person.idp === idp && person.subject === subject);
}

function accountOf(setup: ProviderSetup, ctx: KoaContextWithOIDC, subject: string): Account | undefined {
  const person = personOf(setup, subject);
  if (person === undefined) return undefined;
  const clientId = ctx.oidc.client?.clientId ?? '';
  return {
    accountId: subject,
    claims: () => ({
      ...setup.shape.idToken(person, { clientId, issuedAt: Math.floor(Date.now() / 1000) }),
      sub: subject,
    }),
  };
}

type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>;

interface AccessTokenInMaking {
  readonly ctx: Parameters<JwtCustomizer>[0];
  readonly token: Parameters<JwtCustomizer>[1];
  readonly parts: Parameters<JwtCustomizer>[2];
}

function shapeAccessToken(setup: ProviderSetup, { ctx, token, parts }: AccessTokenInMaking): void {
  const { idp, issuer, shape } = setup;
  const { iat, exp } = parts.payload;
  const person = personOf(setup, 'accountId' in token ? token.accountId : undefined);
  if (person === undefined) throw new Error('an access token is only ever for a person');
  const source = ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken;
  const { typ, payload } = shape.accessToken(person, {
    issuer,
    audience: AUDIENCES[idp],
    clientId: token.clientId ?? '',
    confidential: ctx.oidc.client?.tokenEndpointAuthMethod !== 'none',
    scope: token.scope ?? '',
    issuedAt: Number(iat),
    expiresAt: Number(exp),
    authTime: source?.authTime,
  });
  parts.header = { typ };
  parts.payload = { ...payload };
}

/**
 * The products issue a refresh token for `offline_access` alone; `oidc-provider` holds to OIDC Core §11, which wants `prompt=consent` beside it.
 * So the consent is asked for here, and given by the interaction, because these clients are the company's own.
 */
function askConsentForOfflineAccess({ mount, routes }: TokenShape): Parameters<Provider['use']>[0] {
  return async (ctx, next) => {
    const { scope, prompt } = ctx.query;
    const wanted = typeof scope === 'string' && scope.split(' ').includes('offline_access');
    const prompts = typeof prompt === 'string' ? prompt.split(' ') : [];
    const onAuthorize = ctx.path === routes.authorization || ctx.path === `${mount}${routes.authorization}`;
    if (onAuthorize && wanted && !prompts.includes('none') && !prompts.includes('consent')) {
      ctx.query = { ...ctx.query, prompt: [...prompts, 'consent'].join(' ') };
    }
    await next();
  };
}
