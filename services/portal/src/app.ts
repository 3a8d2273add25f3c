import type { SigningKeys } from '@causeway/auth';
import type { Route, ServedApp } from '@causeway/runtime';
import type { Browser } from './browser/browser.ts';
import { BROWSER_ROUTES, mountBrowser } from './browser/mount-browser.ts';
import type { RegisteredClients } from './clients/registered-clients.ts';
import { authorizeEndpoint } from './endpoints/authorize.ts';
import { crossOrigin } from './endpoints/cross-origin.ts';
import { jwksEndpoint } from './endpoints/jwks.ts';
import { metadataEndpoint, openidMetadataEndpoint } from './endpoints/metadata.ts';
import { PATHS } from './endpoints/paths.ts';
import { registerEndpoint } from './endpoints/register.ts';
import { clientEndpoint, tokenEndpoint, type TokenEndpointDeps } from './endpoints/token.ts';
import { INTROSPECT_GRANT, REVOKE_GRANT } from './grants/own-grants.ts';
import type { Identity } from './identity/identity.ts';
import type { PortalSettings } from './settings.ts';

export interface AppDeps extends TokenEndpointDeps {
  readonly browser: Browser;
  readonly registered: RegisteredClients;
  readonly settings: Pick<PortalSettings, 'listen' | 'publicUrl'>;
  readonly identity: Identity;
  readonly keys: SigningKeys;
}

/** What scripts of other origins may ask. */
const CROSS_ORIGIN = [
  ['/.well-known/oauth-authorization-server', 'GET'],
  ['/.well-known/openid-configuration', 'GET'],
  [PATHS.jwks, 'GET'],
  [PATHS.token, 'POST'],
  [PATHS.revoke, 'POST'],
  [PATHS.register, 'POST'],
] as const;

/** Every address of the portal. The runtime has checked the Host and the size before a request comes here. */
export function portalApp(deps: AppDeps): ServedApp {
  const { settings, identity, keys } = deps;
  const document = () => identity.document;
  return {
    listen: settings.listen,
    publicUrls: [settings.publicUrl],
    continuesTraces: true,
    routes: [
      'GET /.well-known/oauth-authorization-server',
      'GET /.well-known/openid-configuration',
      `GET ${PATHS.jwks}`,
      `GET ${PATHS.authorize}`,
      `GET ${PATHS.authorize}/:uid`,
      `POST ${PATHS.token}`,
      `POST ${PATHS.revoke}`,
      `POST ${PATHS.introspect}`,
      `POST ${PATHS.register}`,
      ...CROSS_ORIGIN.map(([path]): Route => `OPTIONS ${path}`),
      ...BROWSER_ROUTES,
    ],
    mount: (app) => {
      for (const [path, method] of CROSS_ORIGIN) app.all(path, crossOrigin(method));
      app.get('/.well-known/oauth-authorization-server', metadataEndpoint(settings.publicUrl, document));
      app.get('/.well-known/openid-configuration', openidMetadataEndpoint(settings.publicUrl, document));
      app.get(PATHS.jwks, jwksEndpoint(keys));
      app.get([PATHS.authorize, `${PATHS.authorize}/:uid`], authorizeEndpoint(deps));
      app.post(PATHS.token, tokenEndpoint(deps));
      app.post(PATHS.revoke, clientEndpoint(deps, { grant: REVOKE_GRANT, kind: 'revocation' }));
      app.post(PATHS.introspect, clientEndpoint(deps, { grant: INTROSPECT_GRANT, kind: 'request_refused' }));
      app.post(PATHS.register, registerEndpoint(deps));
      mountBrowser(app, deps.browser);
    },
  };
}
