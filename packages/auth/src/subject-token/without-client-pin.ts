import type { ProviderSettings } from './provider-settings.ts';

/**
 * For proofs that name their client in another way: an ID-JAG by `client_id`, an ID token by `aud` (OpenID Connect Core §2).
 * Okta's pin is the client of its access tokens (`cid`), and nothing else there has that claim.
 */
export function withoutClientPin(settings: ProviderSettings): ProviderSettings {
  return settings.kind === 'okta' ? { ...settings, tenant: undefined } : settings;
}
