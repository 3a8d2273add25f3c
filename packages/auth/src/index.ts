export {
  AGENT_TOKEN_SECONDS_MAX,
  type AgentGrant,
  type AgentTokenReason,
  type AgentTokenResult,
  type AgentTokenVerifier,
  createAgentTokenSigner,
  createAgentTokenVerifier,
} from './agent-token.ts';
export { grantScopes, type GrantedScopes, type ScopeRequest } from './grant-scopes.ts';
export {
  createIdJagVerifier,
  type IdJag,
  type IdJagIssuer,
  type IdJagReason,
  type IdJagResult,
  type IdJagVerifier,
  type ReplayStore,
} from './id-jag.ts';
export type { Algorithm } from './jwt/algorithm.ts';
export type { Step } from './jwt/check.ts';
export type { JwtMembers } from './jwt/parse-jwt.ts';
export type { IssuedToken, SigningKeySource } from './jwt/portal-jwt.ts';
export type { JwtReason, Refused } from './jwt/refusal.ts';
export { createSigningKeys } from './keys/create-signing-keys.ts';
export { clockCheck } from './keys/clock-check.ts';
export type { FoundKey, KeySource, WantedKey } from './keys/key-source.ts';
export { KEY_TIMES, type KeysState, RemoteKeys, type RemoteKeysOptions } from './keys/remote-keys.ts';
export { type Rotation, type RotationOptions, rotateSigningKeys } from './keys/rotate-signing-keys.ts';
export { type SigningKey, SigningKeys, type SigningKeysOptions } from './keys/signing-keys.ts';
export {
  createPlatformAssertionSigner,
  PLATFORM_ASSERTION_SECONDS,
  type PlatformAssertionSigner,
} from './platform-assertion.ts';
export {
  createPlatformTokenVerifier,
  type PlatformTokenReason,
  type PlatformTokenResult,
  type PlatformTokenVerifier,
} from './platform-token.ts';
export {
  createPrincipalTokenSigner,
  createPrincipalTokenVerifier,
  PRINCIPAL_TOKEN_SECONDS_MAX,
  type PrincipalGrant,
  type PrincipalToken,
  type PrincipalTokenReason,
  type PrincipalTokenResult,
  type PrincipalTokenSigner,
  type PrincipalTokenVerifier,
} from './principal-token.ts';
export type { Revocable } from './revocable.ts';
export { openRevocationLog } from './revocations/open-revocation-log.ts';
export { PostgresRevocationLog } from './revocations/postgres-revocation-log.ts';
export { RedisRevocationLog } from './revocations/redis-revocation-log.ts';
export { REVOCATION_FEED_AGE_MAX_MS, RevocationFeed } from './revocations/revocation-feed.ts';
export type { Revocation, RevocationLog } from './revocations/revocation-log.ts';
export { personOf, type PersonReason } from './subject-token/person-of.ts';
export type { ProviderKind, ProviderSettings } from './subject-token/provider-settings.ts';
export {
  createSubjectTokenVerifier,
  type SubjectToken,
  type SubjectTokenReason,
  type SubjectTokenResult,
  type SubjectTokenType,
  type SubjectTokenVerifier,
} from './subject-token/subject-token-verifier.ts';
export { TrustedProviders, type TrustedProvidersOptions } from './subject-token/trusted-providers.ts';
export { outcomeOf, tokenError, type TokenReason, type TokenUse } from './token-error.ts';
