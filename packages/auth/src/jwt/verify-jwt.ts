import { compactVerify, errors } from 'jose';
import type { KeySource } from '../keys/key-source.ts';
import type { Algorithm } from './algorithm.ts';
import { firstRefusal, type Trace } from './check.ts';
import { JWT_CHECKS, type JwtProfile } from './jwt-checks.ts';
import type { JwtMembers, ParsedJwt } from './parse-jwt.ts';
import { type JwtReason, type Refused, refused } from './refusal.ts';

export interface VerifyJwt {
  readonly jwt: ParsedJwt;
  readonly profile: JwtProfile;
  readonly keys: KeySource;
  readonly nowMs: number;
  readonly trace: Trace;
}

/** A token whose signature and registered claims hold. */
export interface VerifiedJwt {
  readonly ok: true;
  readonly claims: JwtMembers;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export async function verifyJwt({
  jwt,
  profile,
  keys,
  nowMs,
  trace,
}: VerifyJwt): Promise<VerifiedJwt | Refused<JwtReason>> {
  const reason = firstRefusal(JWT_CHECKS, { jwt, profile, nowSeconds: nowMs / 1000 }, trace);
  if (reason !== undefined) return refused(reason);
  const signature = await checkSignature(jwt, keys);
  trace({ check: 'signature', passed: signature === undefined });
  if (signature !== undefined) return signature;
  const { iat, exp } = jwt.payload;
  const [issuedAt, expiresAt] = [new Date(Number(iat) * 1000), new Date(Number(exp) * 1000)];
  return { ok: true, claims: jwt.payload, issuedAt, expiresAt };
}

async function checkSignature(jwt: ParsedJwt, keys: KeySource): Promise<Refused<JwtReason> | undefined> {
  const { alg, kid } = jwt.header as { alg: Algorithm; kid?: unknown };
  // RFC 7515 §4.1.4: `kid` is a string.
  if (kid !== undefined && typeof kid !== 'string') return refused('malformed');
  const found = await keys.find({ alg, kid });
  if (!found.ok) return found;
  try {
    await compactVerify(jwt.token, found.key, { algorithms: [alg] });
    return undefined;
  } catch (error) {
    if (error instanceof errors.JOSEError) return refused('signature_invalid');
    throw error;
  }
}
