import { createKeySet } from '../keys/key-set.ts';
import type { ProviderSettings } from '../subject-token/provider-settings.ts';
import { type ProviderKeys, TrustedProviders } from '../subject-token/trusted-providers.ts';
import type { TestKey } from './test-issuer.ts';

export const AUTH0: ProviderSettings = {
  id: 'northwind',
  kind: 'auth0',
  issuer: 'https://northwind.eu.auth0.com/',
  audience: 'https://causeway.example/api',
  emailDomains: ['northwind.example'],
  network: 'public',
  maxAgeSeconds: 3600,
  tenant: 'org_1',
  tenantClaim: 'org_id',
  roleClaim: 'https://northwind.example/roles',
  emailClaims: ['email'],
};

export const OKTA: ProviderSettings = {
  id: 'fabrikam',
  kind: 'okta',
  issuer: 'https://fabrikam.okta.com/oauth2/default',
  audience: 'api://causeway',
  emailDomains: ['fabrikam.example'],
  network: 'public',
  maxAgeSeconds: 3600,
  tenantClaim: 'cid',
  roleClaim: 'groups',
  emailClaims: ['email', 'sub'],
};

export const TENANT = '5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10';

export const ENTRA: ProviderSettings = {
  id: 'contoso',
  kind: 'entra',
  issuer: `https://login.microsoftonline.com/${TENANT}/v2.0`,
  audience: '8a0e1d5c-3c1b-4f7e-9a61-0c5b7e2d4f38',
  emailDomains: ['contoso.example'],
  network: 'public',
  maxAgeSeconds: 3600,
  tenant: TENANT,
  tenantClaim: 'tid',
  roleClaim: 'roles',
  emailClaims: ['email', 'preferred_username'],
};

export const OIDC: ProviderSettings = {
  id: 'plain',
  kind: 'oidc',
  issuer: 'https://id.plain.example',
  audience: 'causeway',
  emailDomains: ['plain.example'],
  network: 'public',
  maxAgeSeconds: 3600,
  tenantClaim: undefined,
  roleClaim: 'roles',
  emailClaims: ['email'],
};

/** Providers that publish these keys and are always there. */
export function trusted(
  entries: readonly (readonly [ProviderSettings, readonly TestKey[]])[],
  now: () => number,
): TrustedProviders {
  const openKeys = ({ id }: ProviderSettings): ProviderKeys => {
    const keys = entries.find(([settings]) => settings.id === id)?.[1] ?? [];
    const set = createKeySet({ keys: keys.map(({ jwk }) => jwk) });
    const state = { name: id, keys: set.size, ageMs: 0, failure: undefined };
    return { find: (wanted) => set.find(wanted), state, close: async () => {} };
  };
  return new TrustedProviders({ providers: entries.map(([settings]) => settings), now, openKeys });
}
