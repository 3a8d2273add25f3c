import type { TokenShape } from './token-shape.ts';

/** Auth0's own token profile (not its RFC 9068 one): no `jti`, `azp` for the client, and claims of Actions under a namespace. */
export const auth0Shape: TokenShape = {
  mount: '/northwind',
  routes: {
    authorization: '/authorize',
    token: '/oauth/token',
    jwks: '/.well-known/jwks.json',
    end_session: '/oidc/logout',
  },
  scopes: {
    openid: ['sub', 'https://northwind.example/roles', 'https://northwind.example/email'],
    profile: ['name', 'nickname'],
    email: ['email', 'email_verified'],
  },
  idToken: (person) => ({
    sub: person.subject,
    name: person.name,
    nickname: person.email.split('@')[0],
    email: person.email,
    email_verified: true,
    'https://northwind.example/email': person.email,
    ...person.claims,
  }),
  accessToken: (person, { issuer, audience, clientId, scope, issuedAt, expiresAt }) => ({
    typ: 'JWT',
    payload: {
      ...person.claims,
      'https://northwind.example/email': person.email,
      iss: issuer,
      sub: person.subject,
      // With `openid` in the scope the token is for userinfo too, and `aud` becomes an array.
      aud: [audience, `${issuer}userinfo`],
      iat: issuedAt,
      exp: expiresAt,
      scope,
      azp: clientId,
    },
  }),
};
