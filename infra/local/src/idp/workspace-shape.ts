import { randomUUID } from 'node:crypto';

import type { TokenShape } from './token-shape.ts';

/** The platform's own issuer, for its own people: `sub` is the user name, as a Databricks workspace has it. */
export const workspaceShape: TokenShape = {
  mount: '/workspace',
  routes: {
    authorization: '/v1/authorize',
    token: '/v1/token',
    jwks: '/jwks.json',
    end_session: '/v1/logout',
  },
  scopes: {
    openid: ['sub', 'groups'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
  },
  idToken: (person) => ({
    sub: person.subject,
    name: person.name,
    preferred_username: person.email,
    email: person.email,
    email_verified: true,
    ...person.claims,
  }),
  accessToken: (person, { issuer, audience, clientId, scope, issuedAt, expiresAt }) => ({
    typ: 'JWT',
    payload: {
      iss: issuer,
      aud: audience,
      sub: person.subject,
      email: person.email,
      ...person.claims,
      client_id: clientId,
      scope,
      iat: issuedAt,
      exp: expiresAt,
      jti: randomUUID(),
    },
  }),
};
