import { REDIRECT, WANDA } from '@causeway/test-portal/authorize';
import { type PortalWorld, RESOURCE, startPortalWorld } from '@causeway/test-portal/portal-world';
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { requirement } from '@causeway/test-e2e/requirement';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, expect } from 'vitest';
import { agree } from './agree.ts';

const APP: oauth.Client = { client_id: 'demo-agent-host' };
const PARTNER: oauth.Client = { client_id: 'partner-portal' };
const AGENT: oauth.Client = { client_id: 'supervisor' };
const HTTP = { [oauth.allowInsecureRequests]: true } as const;

let world: PortalWorld;
let server: oauth.AuthorizationServer;
beforeAll(async () => {
  world = await startPortalWorld();
  const issuer = new URL(world.url);
  server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...HTTP }),
  );
});
afterAll(() => world?.stop());

async function signInByCode(): Promise<oauth.TokenEndpointResponse> {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const asked = new URL(server.authorization_endpoint ?? '');
  asked.search = new URLSearchParams({
    client_id: APP.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    resource: RESOURCE,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  }).toString();
  const answer = oauth.validateAuthResponse(server, APP, await agree(asked, WANDA), state);
  const options = { ...HTTP, additionalParameters: { resource: RESOURCE } };
  const request = oauth.authorizationCodeGrantRequest(server, APP, oauth.None(), answer, REDIRECT, verifier, options);
  return oauth.processAuthorizationCodeResponse(server, APP, await request);
}

const refresh = async (token = '') =>
  oauth.processRefreshTokenResponse(
    server,
    APP,
    await oauth.refreshTokenGrantRequest(server, APP, oauth.None(), token, HTTP),
  );

const introspect = async (token: string) => {
  const secret = oauth.ClientSecretBasic(world.supervisorSecret);
  return oauth.processIntrospectionResponse(
    server,
    AGENT,
    await oauth.introspectionRequest(server, AGENT, secret, token, HTTP),
  );
};

/** What a resource server would do with it: RFC 9068, by the published keys. */
const validate = (token: string) =>
  oauth.validateJwtAccessToken(
    server,
    new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } }),
    RESOURCE,
    HTTP,
  );

requirement(
  ['portal-authorize-pkce', 'refresh-rotated', 'portal-introspect', 'portal-revoke'],
  'oauth4webapi gets a token by code, refreshes it, looks at it and takes it back',
  async () => {
    const first = await signInByCode();
    expect(await validate(first.access_token)).toMatchObject({
      client_id: APP.client_id,
      aud: RESOURCE,
      role: 'west_sales',
    });
    const second = await refresh(first.refresh_token);
    expect(await introspect(second.access_token)).toMatchObject({ active: true, scope: 'sql genie' });
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, APP, oauth.None(), second.refresh_token ?? '', HTTP),
    );
    expect(await introspect(second.access_token)).toEqual({ active: false });
    await expect(refresh(second.refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' });
  },
);

requirement(
  'exchange-answer',
  'oauth4webapi exchanges a partner’s token, whose answer is an access token of RFC 9068',
  async () => {
    const form = new URLSearchParams({
      subject_token: await world.tokenOf('wanda@northwind.example'),
      subject_token_type: ACCESS_TOKEN,
      resource: RESOURCE,
    });
    const answer = await oauth.processGenericTokenEndpointResponse(
      server,
      PARTNER,
      await oauth.genericTokenEndpointRequest(server, PARTNER, oauth.None(), TOKEN_EXCHANGE, form, HTTP),
    );
    expect(await validate(answer.access_token)).toMatchObject({ client_id: PARTNER.client_id, scope: 'sql genie' });
  },
);
