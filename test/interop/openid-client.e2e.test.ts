import { MONA, REDIRECT } from '@causeway/test-portal/authorize';
import { type PortalWorld, RESOURCE, startPortalWorld } from '@causeway/test-portal/portal-world';
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from '@causeway/test-portal/token-request';
import { requirement } from '@causeway/test-e2e/requirement';
import * as client from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agree } from './agree.ts';

let world: PortalWorld;
beforeAll(async () => {
  world = await startPortalWorld();
});
afterAll(() => world?.stop());

interface Who {
  readonly id?: string;
  readonly proof?: client.ClientAuth;
  readonly algorithm?: 'oidc' | 'oauth2';
}

/** As its documentation says; plain http is what the library itself calls insecure. */
const discover = ({ id = 'demo-agent-host', proof = client.None(), algorithm = 'oauth2' }: Who = {}) =>
  client.discovery(new URL(world.url), id, undefined, proof, { algorithm, execute: [client.allowInsecureRequests] });

async function signInByCode(configuration: client.Configuration) {
  const [pkceCodeVerifier, expectedState] = [client.randomPKCECodeVerifier(), client.randomState()];
  const asked = client.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT,
    resource: RESOURCE,
    scope: 'sql genie',
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  const checks = { pkceCodeVerifier, expectedState };
  return client.authorizationCodeGrant(configuration, await agree(asked, MONA), checks, { resource: RESOURCE });
}

test.for(['oauth2', 'oidc'] as const)(
  '[portal-metadata-oauth, portal-metadata-oidc] openid-client finds the portal by the %s document',
  async (algorithm) => {
    const metadata = (await discover({ algorithm })).serverMetadata();
    expect(metadata).toMatchObject({ issuer: world.url, token_endpoint: `${world.url}/oauth/token` });
    expect(metadata.supportsPKCE()).toBe(true);
  },
);

requirement(
  ['portal-authorize-pkce', 'refresh-rotated', 'portal-introspect', 'portal-revoke'],
  'openid-client gets a token by code, refreshes it, looks at it and takes it back',
  async () => {
    const [app, agent] = await Promise.all([
      discover(),
      discover({ id: 'supervisor', proof: client.ClientSecretBasic(world.supervisorSecret) }),
    ]);
    const first = await signInByCode(app);
    expect(first).toMatchObject({ token_type: 'bearer', scope: 'sql genie' });
    const second = await client.refreshTokenGrant(app, first.refresh_token ?? '', { resource: RESOURCE });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await client.tokenIntrospection(agent, second.access_token)).toMatchObject({
      active: true,
      role: 'managers',
      aud: RESOURCE,
    });
    await client.tokenRevocation(app, second.refresh_token ?? '');
    expect(await client.tokenIntrospection(agent, second.access_token)).toEqual({ active: false });
    await expect(client.refreshTokenGrant(app, second.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  },
);

requirement(
  'exchange-answer',
  'openid-client exchanges a partner’s token, and understands the refusal of a bad one',
  async () => {
    const partner = await discover({ id: 'partner-portal' });
    const exchange = (subject: string) =>
      client.genericGrantRequest(partner, TOKEN_EXCHANGE, {
        subject_token: subject,
        subject_token_type: ACCESS_TOKEN,
        resource: RESOURCE,
      });
    const answer = await exchange(await world.tokenOf('wanda@northwind.example'));
    expect(answer).toMatchObject({ issued_token_type: ACCESS_TOKEN, scope: 'sql genie', expires_in: 900 });
    await expect(exchange('not.a.token')).rejects.toMatchObject({ error: 'invalid_request', status: 400 });
  },
);

requirement(
  ['agent-client-credentials', 'portal-client-credentials-twice-equal'],
  'openid-client gets an agent’s own token by a secret in the header or in the body',
  async () => {
    for (const proof of [client.ClientSecretBasic, client.ClientSecretPost]) {
      const agent = await discover({ id: 'supervisor', proof: proof(world.supervisorSecret) });
      expect(await client.clientCredentialsGrant(agent, { scope: 'sql' })).toMatchObject({ scope: 'sql' });
    }
  },
);
