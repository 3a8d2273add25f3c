import { createHash, randomBytes } from 'node:crypto';

import { CONTOSO_TENANT } from './issuers.ts';
import type { TokenShape } from './token-shape.ts';

/** Entra ID, v2 tokens. `sub` is another one for each application; `oid` is the person. */
export const entraShape: TokenShape = {
  mount: `/contoso/${CONTOSO_TENANT}`,
  discoveryPath: '/v2.0/.well-known/openid-configuration',
  routes: {
    authorization: '/oauth2/v2.0/authorize',
    token: '/oauth2/v2.0/token',
    jwks: '/discovery/v2.0/keys',
    end_session: '/oauth2/v2.0/logout',
  },
  scopes: {
    openid: ['sub', 'nbf', 'oid', 'rh', 'roles', 'tid', 'uti', 'ver'],
    profile: ['name', 'preferred_username'],
    email: ['email'],
  },
  pairwise,
  idToken: (person, { issuedAt }) => ({
    sub: person.subject,
    nbf: issuedAt,
    oid: person.subject,
    rh: opaqueHint(person.subject),
    tid: CONTOSO_TENANT,
    uti: uniqueTokenId(),
    ver: '2.0',
    name: person.name,
    preferred_username: person.email,
    email: person.email,
    ...person.claims,
  }),
  accessToken: (person, { issuer, audience, clientId, confidential, issuedAt, expiresAt }) => ({
    typ: 'JWT',
    payload: {
      aud: audience,
      iss: issuer,
      iat: issuedAt,
      nbf: issuedAt,
      exp: expiresAt,
      azp: clientId,
      // 0: a public client, 1: proved by a secret.
      azpacr: confidential ? '1' : '0',
      name: person.name,
      oid: person.subject,
      preferred_username: person.email,
      rh: opaqueHint(person.subject),
      ...person.claims,
      // Entra names only the scopes of the audience's own application here, never `openid` and its like.
      scp: 'access_as_user',
      sub: pairwise(person.subject, audience),
      tid: CONTOSO_TENANT,
      uti: uniqueTokenId(),
      ver: '2.0',
    },
  }),
};

function pairwise(subject: string, applicationId: string): string {
  return createHash('sha256').update(`${CONTOSO_TENANT}\n${applicationId}\n${subject}`).digest('base64url');
}

/** `rh` and `uti` are Microsoft's own business: readers must cope with them, nobody may rely on them. */
const opaqueHint = (subject: string) => `1.${createHash('sha256').update(subject).digest('base64url')}.`;
const uniqueTokenId = () => randomBytes(16).toString('base64url');
