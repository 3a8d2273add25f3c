import type { ProviderSettings } from '@causeway/auth';
import { emailClaims, type PolicyDocument, resolvePolicyFile, roleClaim, tenantClaim } from '@causeway/policy';

/** The policy's providers, as the verifier of their tokens wants them. */
export function providerSettings(document: PolicyDocument): ProviderSettings[] {
  return document.policy.providers.map((provider) => ({
    id: provider.id,
    kind: provider.kind,
    issuer: provider.issuer,
    audience: provider.audience,
    emailDomains: provider.emailDomains,
    network: provider.network,
    caFile: provider.caFile === undefined ? undefined : resolvePolicyFile(document, provider.caFile),
    algorithms: provider.algorithms,
    maxAgeSeconds: provider.maxAgeSeconds,
    tenant: provider.tenant,
    tenantClaim: tenantClaim(provider),
    roleClaim: roleClaim(provider),
    emailClaims: emailClaims(provider),
  }));
}
