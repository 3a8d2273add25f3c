import { emailClaims, roleClaim, tenantClaim } from './claim-presets.ts';
import { resolvePolicyFile } from './policy-file.ts';
import type { PolicyDocument } from './policy-document.ts';

/** The providers as the verifier of their tokens wants them: claims worked out, files found. */
export function providerSettings(document: PolicyDocument) {
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
