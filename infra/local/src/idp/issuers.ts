import type { IdpId } from '../people.ts';

/** The issuer as that product spells it: Auth0 ends in a slash, Okta names its authorization server, Entra its tenant and version. */
export function issuerOf(idp: IdpId, baseUrl: string): string {
  return `${baseUrl}${ISSUER_PATHS[idp]}`;
}

/** The directory (tenant) id of the Entra-shaped provider. */
export const CONTOSO_TENANT = '5f1c2a84-7f0e-4b53-9f3c-2d8a6f6e9b10';

/** The audience for which each provider issues access tokens: the name under which Causeway is registered there. */
export const AUDIENCES: Readonly<Record<IdpId, string>> = {
  northwind: 'https://causeway.example/api',
  fabrikam: 'api://causeway',
  contoso: '8a0e1d5c-3c1b-4f7e-9a61-0c5b7e2d4f38',
  workspace: 'causeway-workspace',
};

/** The public client of `causeway dev token`. Its redirect is answered by nobody: the command stops where a browser would go there. */
export const DEV_CLIENT = { id: 'causeway-dev', redirectUri: 'http://127.0.0.1/callback' } as const;

const ISSUER_PATHS: Readonly<Record<IdpId, string>> = {
  northwind: '/northwind/',
  fabrikam: '/fabrikam/oauth2/default',
  contoso: `/contoso/${CONTOSO_TENANT}/v2.0`,
  workspace: '/workspace',
};
