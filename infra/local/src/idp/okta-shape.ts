import { randomBytes } from 'node:crypto';

import type { TokenShape } from './token-shape.ts';

/** An Okta custom authorization server. Its access tokens have the login as `sub` and the id as `uid`; its ID tokens have the id as `sub`. */
export const oktaShape: TokenShape = {
  mount: '/fabrikam/oauth2/default',
  routes: {
    authorization: '/v1/authorize',
    token: '/v1/token',
    jwks: '/v1/keys',
    end_session: '/v1/logout',
  },
  scopes: {
    openid: ['sub', 'ver', 'jti', 'amr', 'idp', 'auth_time', 'groups'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
  },
  idToken: (person) => ({
    sub: person.subject,
    ver: 1,
    jti: `ID.${randomId()}`,
    amr: ['pwd'],
    idp: '00o9k2m1aaQwErTyU5d7',
    name: person.name,
    preferred_username: person.email,
    email: person.email,
    email_verified: true,
    ...person.claims,
  }),
  accessToken: (person, { issuer, audience, clientId, scope, issuedAt, expiresAt, authTime }) => ({
    typ: undefined,
    payload: {
      ver: 1,
      jti: `AT.${randomId()}`,
      iss: issuer,
      aud: audience,
      iat: issuedAt,
      exp: expiresAt,
      cid: clientId,
      uid: person.subject,
      scp: scope.split(' '),
      auth_time: authTime,
      sub: person.email,
      ...person.claims,
    },
  }),
};

const randomId = () => randomBytes(32).toString('base64url');
