/** Why a JWT of any kind is refused. For the log and the audit trail; the caller learns none of it. */
export type JwtReason =
  | 'too_large'
  | 'not_a_jwt'
  | 'encrypted'
  | 'malformed'
  | 'duplicate_member'
  | 'algorithm_not_allowed'
  | 'key_in_header'
  | 'critical_header'
  | 'unencoded_payload'
  | 'nested'
  | 'type_not_accepted'
  | 'issuer_missing'
  | 'issuer_unknown'
  | 'issuer_spelling'
  | 'audience_missing'
  | 'audience_malformed'
  | 'audience_mismatch'
  | 'expiry_missing'
  | 'issued_at_missing'
  | 'time_malformed'
  | 'expired'
  | 'not_yet_valid'
  | 'issued_in_future'
  | 'too_old'
  | 'lifetime_too_long'
  | KeyReason
  | 'signature_invalid';

export type KeyReason = 'kid_missing' | 'key_unknown' | 'key_ambiguous' | 'keys_unavailable';

export interface Refused<Reason extends string> {
  readonly ok: false;
  readonly reason: Reason;
  /** With `keys_unavailable`: when to try again. */
  readonly retryAfterMs?: number | undefined;
}

export const refused = <Reason extends string>(reason: Reason): Refused<Reason> => ({ ok: false, reason });
