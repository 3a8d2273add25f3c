import type { Algorithm } from '../jwt/algorithm.ts';
import type { JwtMembers } from '../jwt/parse-jwt.ts';
import type { ProviderKind } from './provider-settings.ts';

export interface Preset {
  /** Where the policy names none. */
  readonly algorithms: readonly Algorithm[];
  /** `typ` of its tokens, lower case; undefined: it writes none. */
  readonly types: readonly (string | undefined)[];
  /** What never changes for a person there, in access and ID tokens alike. */
  readonly subject: (claims: JwtMembers) => unknown;
  /** Tokens that a program got for itself. */
  readonly isProgram: (claims: JwtMembers) => boolean;
}

export const PRESETS: Readonly<Record<ProviderKind, Preset>> = {
  auth0: {
    algorithms: ['RS256', 'PS256'],
    // Its own token profile writes JWT, its RFC 9068 profile at+jwt.
    types: ['jwt', 'at+jwt'],
    subject: ({ sub }) => sub,
    isProgram: ({ sub, gty }) => gty === 'client-credentials' || (typeof sub === 'string' && sub.endsWith('@clients')),
  },
  okta: {
    algorithms: ['RS256'],
    types: [undefined, 'jwt'],
    // Access tokens (which have `cid`) keep the user's id in `uid` and the login in `sub`; ID tokens have the id in `sub`.
    subject: ({ cid, uid, sub }) => (cid === undefined ? sub : uid),
    isProgram: ({ cid, uid }) => cid !== undefined && uid === undefined,
  },
  entra: {
    algorithms: ['RS256'],
    types: ['jwt'],
    // `sub` is another one for each application.
    subject: ({ oid }) => oid,
    // An application's token has its own object as `sub`; a person's `sub` is made for the application and never equals `oid`.
    isProgram: ({ idtyp, oid, sub }) => idtyp === 'app' || (oid !== undefined && oid === sub),
  },
  oidc: {
    algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    types: [undefined, 'jwt', 'at+jwt'],
    subject: ({ sub }) => sub,
    isProgram: () => false,
  },
};
