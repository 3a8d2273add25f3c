import type { Provider } from './schema.ts';

interface ClaimPreset {
  readonly role: string;
  /** In the order in which they are believed. */
  readonly emails: readonly string[];
  readonly tenant: string | undefined;
}

const PRESETS: Readonly<Record<Provider['kind'], ClaimPreset>> = {
  // Auth0 has no role claim without a namespace: the checks ask for `roleClaim`.
  auth0: { role: 'roles', emails: ['email'], tenant: 'org_id' },
  // An Okta access token has the login name, which is an e-mail, as `sub`.
  okta: { role: 'groups', emails: ['email', 'sub'], tenant: 'cid' },
  entra: { role: 'roles', emails: ['email', 'preferred_username'], tenant: 'tid' },
  oidc: { role: 'roles', emails: ['email'], tenant: undefined },
};

type Preset = Pick<Provider, 'kind' | 'roleClaim' | 'emailClaim'>;

export const roleClaim = ({ kind, roleClaim: named }: Pick<Preset, 'kind' | 'roleClaim'>): string =>
  named ?? PRESETS[kind].role;

export const emailClaims = ({ kind, emailClaim }: Pick<Preset, 'kind' | 'emailClaim'>): readonly string[] =>
  emailClaim === undefined ? PRESETS[kind].emails : [emailClaim];

/** The claim that must be the provider's `tenant`, where one is set. */
export const tenantClaim = ({ kind }: Pick<Preset, 'kind'>): string | undefined => PRESETS[kind].tenant;
