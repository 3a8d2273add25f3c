import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { IDP_IDS, PEOPLE } from '../people.ts';
import { AUDIENCES } from './issuers.ts';
import { signInAs } from './sign-in-as.ts';
import { type IdentityProviders, startIdentityProviders } from './start-identity-providers.ts';
import { PortalClient } from './testing/portal-client.ts';

const dir = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
let providers: IdentityProviders;

beforeAll(async () => {
  providers = await startIdentityProviders({ port: 0, dir });
});
afterAll(async () => {
  await providers.close();
  rmSync(dir, { recursive: true });
});

/** Verified the way a relying party does it: issuer, discovery, keys, signature, audience. */
async function verified(token: string, idp: (typeof IDP_IDS)[number], audience: string) {
  const { issuer, jwks_uri: jwksUri = '' } = await new PortalClient(providers, idp).discovery();
  expect(issuer).toBe(providers.issuers[idp]);
  const { payload, protectedHeader } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)), {
    issuer: issuer ?? '',
    audience,
    algorithms: ['RS256'],
    maxTokenAge: 60,
  });
  return { payload, header: protectedHeader };
}

test.each(PEOPLE)('$email gets tokens that verify against discovery and published keys', async ({ idp, email }) => {
  const { accessToken, idToken } = await signInAs({ issuer: providers.issuers[idp], email });
  const { payload } = await verified(accessToken, idp, AUDIENCES[idp]);
  expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
  await verified(idToken, idp, 'causeway-dev');
});

test.each(IDP_IDS)("nobody else's keys verify a token of %s", async (idp) => {
  const person = PEOPLE.find((one) => one.idp === idp);
  const { accessToken } = await signInAs({ issuer: providers.issuers[idp], email: person?.email ?? '' });
  for (const other of IDP_IDS.filter((id) => id !== idp)) {
    const { jwks_uri: jwksUri = '' } = await new PortalClient(providers, other).discovery();
    await expect(jwtVerify(accessToken, createRemoteJWKSet(new URL(jwksUri)))).rejects.toThrow(/no applicable key/);
  }
});

const SECONDS = expect.any(Number) as number;
const RANDOM = expect.stringMatching(/^[\w-]{20,}$/) as string;
const at = (path: string) => `${providers.baseUrl}${path}`;

// Pins: the exact claims that each product issues. `rh` and `uti` are opaque, the times are numbers.
describe('access tokens', () => {
  test('of northwind are those of Auth0', async () => {
    const { accessToken } = await signInAs({ issuer: providers.issuers.northwind, email: 'wanda@northwind.example' });
    const { payload, header } = await verified(accessToken, 'northwind', AUDIENCES.northwind);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: RANDOM });
    expect(payload).toEqual({
      'https://northwind.example/roles': ['west-reps'],
      'https://northwind.example/email': 'wanda@northwind.example',
      iss: at('/northwind/'),
      sub: 'auth0|6622f0b1c4d58e0012a7f301',
      aud: ['https://causeway.example/api', at('/northwind/userinfo')],
      iat: SECONDS,
      exp: SECONDS,
      scope: 'openid profile email',
      azp: 'causeway-dev',
    });
  });

  test('of fabrikam are those of an Okta custom authorization server', async () => {
    const { accessToken } = await signInAs({ issuer: providers.issuers.fabrikam, email: 'mona@fabrikam.example' });
    const { payload, header } = await verified(accessToken, 'fabrikam', AUDIENCES.fabrikam);
    expect(header).toEqual({ alg: 'RS256', kid: RANDOM });
    expect(payload).toEqual({
      ver: 1,
      jti: expect.stringMatching(/^AT\.[\w-]{43}$/) as string,
      iss: at('/fabrikam/oauth2/default'),
      aud: 'api://causeway',
      iat: SECONDS,
      exp: SECONDS,
      cid: 'causeway-dev',
      uid: '00u9k2m4xqTfR7wZb5d7',
      scp: ['openid', 'profile', 'email'],
      auth_time: SECONDS,
      sub: 'mona@fabrikam.example',
      groups: ['Everyone', 'sales-managers'],
    });
  });

  test('of contoso are those of Entra, version 2', async () => {
    const { accessToken } = await signInAs({ issuer: providers.issuers.contoso, email: 'elena@contoso.example' });
    const { payload, header } = await verified(accessToken, 'contoso', AUDIENCES.contoso);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: RANDOM });
    expect(payload).toEqual({
      aud: '8a0e1d5c-3c1b-4f7e-9a61-0c5b7e2d4f38',
      iss: at('/contoso/5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10/v2.0'),
      iat: SECONDS,
      nbf: SECONDS,
      exp: SECONDS,
      azp: 'causeway-dev',
      azpacr: '0',
      name: 'Elena Eriksson',
      oid: '1c8f2f6e-0a5d-4c39-b7e4-6d2a9f0b3e11',
      preferred_username: 'elena@contoso.example',
      rh: expect.any(String) as string,
      roles: ['Causeway.Executive'],
      scp: 'access_as_user',
      sub: 'vxh3H1dN-638iBwjwV-hqx9-2WuXNBb371DhzTWBedU',
      tid: '5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10',
      uti: RANDOM,
      ver: '2.0',
    });
  });

  test('of the workspace name the user and the client', async () => {
    const { accessToken } = await signInAs({ issuer: providers.issuers.workspace, email: 'olivia@causeway.example' });
    const { payload, header } = await verified(accessToken, 'workspace', AUDIENCES.workspace);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: RANDOM });
    expect(payload).toEqual({
      iss: at('/workspace'),
      aud: 'causeway-workspace',
      sub: 'olivia@causeway.example',
      email: 'olivia@causeway.example',
      groups: ['finance'],
      client_id: 'causeway-dev',
      scope: 'openid profile email',
      iat: SECONDS,
      exp: SECONDS,
      jti: RANDOM,
    });
  });

  test('of a confidential client say so where Entra says it, and name that client', async () => {
    const portal = new PortalClient(providers, 'contoso');
    const answer = await portal.signIn('ada@contoso.example');
    const { body } = await portal.redeem(answer.get('code') ?? '');
    const { payload } = await verified(body['access_token'] ?? '', 'contoso', AUDIENCES.contoso);
    expect([payload['azp'], payload['azpacr']]).toEqual(['causeway-portal', '1']);
  });
});

describe('ID tokens', () => {
  async function idTokenOf(idp: (typeof IDP_IDS)[number], email: string) {
    const portal = new PortalClient(providers, idp);
    const answer = await portal.signIn(email);
    const { body } = await portal.redeem(answer.get('code') ?? '');
    return verified(body['id_token'] ?? '', idp, 'causeway-portal');
  }
  const standard = { aud: 'causeway-portal', nonce: 'the-nonce', iat: SECONDS, exp: SECONDS };

  test('of northwind have the Auth0 user id as subject and the namespaced claims', async () => {
    const { payload } = await idTokenOf('northwind', 'wanda@northwind.example');
    expect(payload).toEqual({
      ...standard,
      iss: at('/northwind/'),
      sub: 'auth0|6622f0b1c4d58e0012a7f301',
      'https://northwind.example/roles': ['west-reps'],
      'https://northwind.example/email': 'wanda@northwind.example',
      name: 'Wanda Weiss',
      nickname: 'wanda',
      email: 'wanda@northwind.example',
      email_verified: true,
    });
  });

  test('of fabrikam have the Okta user id as subject, unlike its access tokens', async () => {
    const { payload } = await idTokenOf('fabrikam', 'mona@fabrikam.example');
    expect(payload).toEqual({
      ...standard,
      iss: at('/fabrikam/oauth2/default'),
      sub: '00u9k2m4xqTfR7wZb5d7',
      ver: 1,
      jti: expect.stringMatching(/^ID\.[\w-]{43}$/) as string,
      amr: ['pwd'],
      idp: '00o9k2m1aaQwErTyU5d7',
      auth_time: SECONDS,
      groups: ['Everyone', 'sales-managers'],
      name: 'Mona Marchetti',
      preferred_username: 'mona@fabrikam.example',
      email: 'mona@fabrikam.example',
      email_verified: true,
    });
  });

  test('of contoso have a subject of their own per client, and the object id of the person', async () => {
    const { payload } = await idTokenOf('contoso', 'elena@contoso.example');
    expect(payload).toEqual({
      ...standard,
      iss: at('/contoso/5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10/v2.0'),
      sub: expect.stringMatching(/^[\w-]{43}$/) as string,
      nbf: SECONDS,
      oid: '1c8f2f6e-0a5d-4c39-b7e4-6d2a9f0b3e11',
      rh: expect.any(String) as string,
      roles: ['Causeway.Executive'],
      tid: '5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10',
      uti: RANDOM,
      ver: '2.0',
      name: 'Elena Eriksson',
      preferred_username: 'elena@contoso.example',
      email: 'elena@contoso.example',
    });
    const { idToken } = await signInAs({ issuer: providers.issuers.contoso, email: 'elena@contoso.example' });
    const other = await verified(idToken, 'contoso', 'causeway-dev');
    expect(other.payload.sub).not.toBe(payload.sub);
  });

  test('of the workspace name the user', async () => {
    const { payload } = await idTokenOf('workspace', 'omar@causeway.example');
    expect(payload).toEqual({
      ...standard,
      iss: at('/workspace'),
      sub: 'omar@causeway.example',
      groups: ['west_sales'],
      name: 'Omar Osman',
      preferred_username: 'omar@causeway.example',
      email: 'omar@causeway.example',
      email_verified: true,
    });
  });

  test('carry only what the scope opens', async () => {
    const portal = new PortalClient(providers, 'northwind');
    const answer = await portal.signIn('wanda@northwind.example', { scope: 'openid' });
    const { body } = await portal.redeem(answer.get('code') ?? '');
    const { payload } = await verified(body['id_token'] ?? '', 'northwind', 'causeway-portal');
    expect(payload['email']).toBeUndefined();
    expect(payload['name']).toBeUndefined();
  });
});

test.each(IDP_IDS)('%s publishes no private key, and no key that anybody knows', async (idp) => {
  const { jwks_uri: jwksUri = '' } = await new PortalClient(providers, idp).discovery();
  const { keys } = (await (await fetch(jwksUri)).json()) as { keys: Record<string, string>[] };
  expect(keys).toHaveLength(1);
  for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  // The development keys that oidc-provider falls back to are published with their private halves.
  expect(keys.map(({ kid }) => kid)).not.toContain('keystore-CHANGE-ME');
});

test('a rotated key signs at once, and tokens of the key before it still verify until the next rotation', async () => {
  const own = mkdtempSync(join(tmpdir(), 'causeway-idp-'));
  const rotating = await startIdentityProviders({ port: 0, dir: own });
  try {
    const sign = async () =>
      (await signInAs({ issuer: rotating.issuers.fabrikam, email: 'mona@fabrikam.example' })).accessToken;
    const publishedKids = async () => {
      const { jwks_uri: jwksUri = '' } = await new PortalClient(rotating, 'fabrikam').discovery();
      const { keys } = (await (await fetch(jwksUri)).json()) as { keys: { kid: string }[] };
      return keys.map(({ kid }) => kid);
    };
    const before = decodeProtectedHeader(await sign()).kid;
    await rotating.rotateKeys('fabrikam');
    const after = decodeProtectedHeader(await sign()).kid;
    expect(after).not.toBe(before);
    expect(await publishedKids()).toEqual([after, before]);
    await rotating.rotateKeys('fabrikam');
    expect(await publishedKids()).not.toContain(before);
    expect(await publishedKids()).toContain(after);
  } finally {
    await rotating.close();
    rmSync(own, { recursive: true });
  }
});
