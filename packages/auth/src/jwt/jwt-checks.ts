import type { Algorithm } from './algorithm.ts';
import type { Check } from './check.ts';
import { CLOCK_SKEW_SECONDS, isNumericDate } from './numeric-date.ts';
import type { ParsedJwt } from './parse-jwt.ts';
import type { JwtReason } from './refusal.ts';

/** What one kind of token from one issuer must look like. */
export interface JwtProfile {
  readonly issuer: string;
  readonly audience: string;
  /** `contains`: the audience may be one of several. `only`: it must be the one and only. */
  readonly audienceRule: 'contains' | 'only';
  /** Accepted `typ` values in lower case, without `application/`; undefined stands for a header without one. */
  readonly types: readonly (string | undefined)[];
  readonly algorithms: readonly Algorithm[];
  readonly maxAgeSeconds?: number | undefined;
  /** The longest time from `iat` to `exp`. */
  readonly lifetimeSecondsMax?: number | undefined;
}

interface JwtInput {
  readonly jwt: ParsedJwt;
  readonly profile: JwtProfile;
  readonly nowSeconds: number;
}

type JwtCheck = Check<JwtInput, JwtReason>;

/**
 * Everything that can be told without a key, so that a flood of stale or foreign tokens costs neither a signature nor a fetch.
 * What passes here is still unproved: nothing is taken from it before the signature holds.
 */
export const JWT_CHECKS: readonly JwtCheck[] = [
  // RFC 8725 §3.1: the algorithm is ours to choose. Neither `none` nor HMAC with a public key as secret.
  {
    name: 'algorithm',
    refuse: ({ jwt, profile }) =>
      profile.algorithms.some((alg) => alg === jwt.header['alg']) ? undefined : 'algorithm_not_allowed',
  },
  // RFC 7515 §4.1.2–4.1.6, RFC 8725 §3.10: a key, or a place to get one, is never taken from the token.
  {
    name: 'no key in the header',
    refuse: ({ jwt }) => (KEY_HEADERS.some((name) => Object.hasOwn(jwt.header, name)) ? 'key_in_header' : undefined),
  },
  // RFC 7515 §4.1.11: an extension that must be understood is not understood here.
  {
    name: 'no critical extension',
    refuse: ({ jwt }) => (Object.hasOwn(jwt.header, 'crit') ? 'critical_header' : undefined),
  },
  // RFC 7797 §7: a JWT must not use an unencoded payload.
  {
    name: 'encoded payload',
    refuse: ({ jwt }) => (Object.hasOwn(jwt.header, 'b64') ? 'unencoded_payload' : undefined),
  },
  // RFC 8725 §3.11: a token of one kind is not taken for another kind.
  { name: 'type', refuse: checkType },
  // RFC 7519 §4.1.1: compared as it is written, character by character.
  {
    name: 'issuer',
    refuse: ({ jwt, profile }) => (jwt.payload['iss'] === profile.issuer ? undefined : 'issuer_unknown'),
  },
  // RFC 7519 §4.1.3.
  { name: 'audience', refuse: checkAudience },
  // RFC 7519 §4.1.4.
  { name: 'expiry', refuse: checkExpiry },
  // RFC 7519 §4.1.5.
  { name: 'not before', refuse: checkNotBefore },
  // RFC 7519 §4.1.6.
  { name: 'age', refuse: checkIssuedAt },
];

const KEY_HEADERS = ['jwk', 'jku', 'x5u', 'x5c'];

function checkType({ jwt, profile }: JwtInput): JwtReason | undefined {
  const typ = Object.hasOwn(jwt.header, 'typ') ? jwt.header['typ'] : undefined;
  // RFC 7515 §4.1.9: letter case does not matter, and "application/" may be left out.
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  return profile.types.some((accepted) => accepted === name) ? undefined : 'type_not_accepted';
}

function checkAudience({ jwt, profile }: JwtInput): JwtReason | undefined {
  const aud = jwt.payload['aud'];
  if (aud === undefined) return 'audience_missing';
  const values: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!values.every((value) => typeof value === 'string')) return 'audience_malformed';
  if (!values.includes(profile.audience)) return 'audience_mismatch';
  return profile.audienceRule === 'only' && values.length !== 1 ? 'audience_mismatch' : undefined;
}

function checkExpiry({ jwt, nowSeconds }: JwtInput): JwtReason | undefined {
  const exp = jwt.payload['exp'];
  if (exp === undefined) return 'expiry_missing';
  if (!isNumericDate(exp)) return 'time_malformed';
  return nowSeconds >= exp + CLOCK_SKEW_SECONDS ? 'expired' : undefined;
}

function checkNotBefore({ jwt, nowSeconds }: JwtInput): JwtReason | undefined {
  const nbf = jwt.payload['nbf'];
  if (nbf === undefined) return undefined;
  if (!isNumericDate(nbf)) return 'time_malformed';
  return nbf > nowSeconds + CLOCK_SKEW_SECONDS ? 'not_yet_valid' : undefined;
}

function checkIssuedAt({ jwt, profile, nowSeconds }: JwtInput): JwtReason | undefined {
  const { iat, exp } = jwt.payload;
  const { maxAgeSeconds = Infinity, lifetimeSecondsMax = Infinity } = profile;
  if (iat === undefined) return 'issued_at_missing';
  if (!isNumericDate(iat)) return 'time_malformed';
  if (iat > nowSeconds + CLOCK_SKEW_SECONDS) return 'issued_in_future';
  if (nowSeconds - iat > maxAgeSeconds + CLOCK_SKEW_SECONDS) return 'too_old';
  return Number(exp) - iat > lifetimeSecondsMax ? 'lifetime_too_long' : undefined;
}
