import { AppError, type ErrorCode } from '@causeway/core';
import type { AgentTokenReason } from './agent-token.ts';
import type { IdJagReason } from './id-jag.ts';
import type { Refused } from './jwt/refusal.ts';
import type { PlatformTokenReason } from './platform-token.ts';
import type { PrincipalTokenReason } from './principal-token.ts';
import type { SubjectTokenReason } from './subject-token/subject-token-verifier.ts';

export type TokenReason =
  SubjectTokenReason | PrincipalTokenReason | AgentTokenReason | PlatformTokenReason | IdJagReason;

/** What the token was offered as. */
export type TokenUse = 'bearer' | 'subject_token' | 'actor_token';

/** RFC 6750 §3.1, RFC 8693 §2.2.2: what each use answers when the token is no good. */
const CODES: Readonly<Record<TokenUse, ErrorCode>> = {
  bearer: 'invalid_token',
  subject_token: 'invalid_request',
  actor_token: 'invalid_request',
};

/** The one place where a reason becomes an error. It reaches the log; the caller reads the code's general text. */
export function tokenError(use: TokenUse, { reason, retryAfterMs }: Refused<TokenReason>): AppError {
  if (outcomeOf(reason) === 'refused') return new AppError(CODES[use], `${use}: ${reason}`);
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new AppError('upstream_unavailable', `${use}: ${reason}`, options);
}

/** `unavailable`: nobody can tell whether the token is good. Every other reason says that it is not. */
export function outcomeOf(reason: TokenReason): 'refused' | 'unavailable' {
  return OUTCOMES[reason];
}

/** Exhaustive: a new reason does not compile until somebody has decided about it. */
const OUTCOMES = {
  too_large: 'refused',
  not_a_jwt: 'refused',
  encrypted: 'refused',
  malformed: 'refused',
  duplicate_member: 'refused',
  algorithm_not_allowed: 'refused',
  key_in_header: 'refused',
  critical_header: 'refused',
  unencoded_payload: 'refused',
  nested: 'refused',
  type_not_accepted: 'refused',
  issuer_missing: 'refused',
  issuer_unknown: 'refused',
  issuer_spelling: 'refused',
  audience_missing: 'refused',
  audience_malformed: 'refused',
  audience_mismatch: 'refused',
  expiry_missing: 'refused',
  issued_at_missing: 'refused',
  time_malformed: 'refused',
  expired: 'refused',
  not_yet_valid: 'refused',
  issued_in_future: 'refused',
  too_old: 'refused',
  lifetime_too_long: 'refused',
  kid_missing: 'refused',
  key_unknown: 'refused',
  key_ambiguous: 'refused',
  keys_unavailable: 'unavailable',
  signature_invalid: 'refused',
  own_token: 'refused',
  tenant_mismatch: 'refused',
  not_a_person: 'refused',
  delegated: 'refused',
  key_bound: 'refused',
  subject_missing: 'refused',
  subject_malformed: 'refused',
  groups_overage: 'refused',
  claims_malformed: 'refused',
  actor_mismatch: 'refused',
  revoked: 'refused',
  client_mismatch: 'refused',
  issuer_not_allowed: 'refused',
  client_not_allowed: 'refused',
  resource_mismatch: 'refused',
  replayed: 'refused',
} as const satisfies Record<TokenReason, 'refused' | 'unavailable'>;
