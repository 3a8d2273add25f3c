import type { NetworkRule } from '@causeway/runtime';
import type { Algorithm } from '../jwt/algorithm.ts';

export type ProviderKind = 'auth0' | 'okta' | 'entra' | 'oidc';

/** An identity provider, as the policy describes it, with the names of its claims worked out. */
export interface ProviderSettings {
  readonly id: string;
  readonly kind: ProviderKind;
  /** Exactly the `iss` of its tokens. */
  readonly issuer: string;
  readonly audience: string;
  /** Lower case. E-mails of other domains are dropped. */
  readonly emailDomains: readonly string[];
  readonly network: NetworkRule;
  readonly caFile?: string | undefined;
  /** Undefined: those that the kind of provider uses. */
  readonly algorithms?: readonly Algorithm[] | undefined;
  readonly maxAgeSeconds: number;
  /** What the tenant claim must be, where one is set. */
  readonly tenant?: string | undefined;
  readonly tenantClaim: string | undefined;
  readonly roleClaim: string;
  /** In the order in which they are believed. */
  readonly emailClaims: readonly string[];
}
