export { type AgentTokenVerifier, createAgentTokenSigner, createAgentTokenVerifier } from './agent-token.ts';
export { grantScopes } from './grant-scopes.ts';
export { createIdJagVerifier, type ReplayStore } from './id-jag.ts';
export type { Step } from './jwt/check.ts';
export type { IssuedToken } from './jwt/portal-jwt.ts';
export { createSigningKeys } from './keys/create-signing-keys.ts';
export { clockCheck } from './keys/clock-check.ts';
export { KEY_TIMES, type KeysState, RemoteKeys } from './keys/remote-keys.ts';
export { rotateSigningKeys } from './keys/rotate-signing-keys.ts';
export { SigningKeys } from './keys/signing-keys.ts';
export { createPlatformAssertionSigner } from './platform-assertion.ts';
export { createPlatformTokenVerifier, type PlatformTokenResult, type PlatformTokenVerifier } from './platform-token.ts';
export {
  createPrincipalTokenSigner,
  createPrincipalTokenVerifier,
  type PrincipalGrant,
  type PrincipalTokenResult,
  type PrincipalTokenVerifier,
} from './principal-token.ts';
export type { Revocable } from './revocable.ts';
export { openRevocationLog } from './revocations/open-revocation-log.ts';
export { PostgresRevocationLog } from './revocations/postgres-revocation-log.ts';
export { RedisRevocationLog } from './revocations/redis-revocation-log.ts';
export { REVOCATION_FEED_AGE_MAX_MS, RevocationFeed } from './revocations/revocation-feed.ts';
export type { RevocationLog } from './revocations/revocation-log.ts';
export { personOf } from './subject-token/person-of.ts';
export type { ProviderSettings } from './subject-token/provider-settings.ts';
export {
  createSubjectTokenVerifier,
  type SubjectToken,
  type SubjectTokenResult,
  type SubjectTokenType,
  type SubjectTokenVerifier,
} from './subject-token/subject-token-verifier.ts';
export { TrustedProviders } from './subject-token/trusted-providers.ts';
export { withoutClientPin } from './subject-token/without-client-pin.ts';
export { tokenError } from './token-error.ts';
