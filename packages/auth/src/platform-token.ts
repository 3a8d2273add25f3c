import { type Caller, SCOPES } from '@causeway/core';
import { z } from 'zod';
import type { Algorithm } from './jwt/algorithm.ts';
import { untraced } from './jwt/check.ts';
import type { JwtProfile } from './jwt/jwt-checks.ts';
import { parseJwt, type ParsedJwt, tokenIdOf } from './jwt/parse-jwt.ts';
import { type JwtReason, type Refused, refused } from './jwt/refusal.ts';
import { type VerifiedJwt, verifyJwt } from './jwt/verify-jwt.ts';
import type { KeySource } from './keys/key-source.ts';
import { type Revocable, revocablesOf, type Revoked } from './revocable.ts';
import { createVerificationCache, type VerificationCache } from './verification-cache.ts';

export interface PlatformTokenVerifierOptions {
  /** The workspace. */
  readonly issuer: string;
  readonly audience: string;
  readonly keys: KeySource;
  readonly now: () => number;
  readonly algorithms?: readonly Algorithm[];
  /** As for principal tokens. */
  readonly revocationOf: (whats: readonly Revocable[]) => Revoked | undefined;
  /** Told of each token whether it was known. */
  readonly onLookup?: (isHit: boolean) => void;
}

export type PlatformTokenReason = JwtReason | 'not_a_person' | 'claims_malformed' | 'revoked';

export type PlatformTokenResult =
  { readonly ok: true; readonly caller: Caller; readonly expiresAt: Date } | Refused<PlatformTokenReason>;

export interface PlatformTokenVerifier {
  verify(token: string): Promise<PlatformTokenResult>;
  clear(): void;
}

/** The id that stands for the workspace where people of providers have their provider's. */
const WORKSPACE_IDP = 'workspace';

/** The platform's own token of one of its own people, as it comes through the on-behalf-of header. */
export function createPlatformTokenVerifier(options: PlatformTokenVerifierOptions): PlatformTokenVerifier {
  const { issuer, audience, keys, now, algorithms = ['RS256', 'ES256'], revocationOf, onLookup } = options;
  const profile: JwtProfile = {
    issuer,
    audience,
    audienceRule: 'contains',
    types: [undefined, 'jwt', 'at+jwt'],
    algorithms,
  };
  const judge = async (token: string): Promise<PlatformTokenResult> => {
    const jwt = parseJwt(token);
    if (!jwt.ok) return jwt;
    const verified = await verifyJwt({ jwt, profile, keys, nowMs: now(), trace: untraced });
    return verified.ok ? callerOf(jwt, verified) : verified;
  };
  const cache: VerificationCache<PlatformTokenResult> = createVerificationCache({ now, onLookup });
  return {
    verify: async (token) => {
      const result = await cache.verify(token, { kind: 'obo', verify: () => judge(token) });
      if (!result.ok) return result;
      return revocationOf(revocablesOf(result.caller)) === undefined ? result : refused('revoked');
    },
    clear: () => cache.clear(),
  };
}

const platformClaims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  email: z.string().optional(),
  groups: z.array(z.string()).default([]),
});

const email = z.email().max(254);

function callerOf(jwt: ParsedJwt, { claims, expiresAt }: VerifiedJwt): PlatformTokenResult {
  const { success, data } = platformClaims.safeParse(claims);
  if (!success) return refused('claims_malformed');
  // The workspace's user name is the e-mail. A service principal has none: it is no human, so there is nobody to act on behalf of.
  const human = email.safeParse(data.email ?? data.sub);
  if (!human.success) return refused('not_a_person');
  const address = human.data.toLowerCase();
  const caller: Caller = {
    pattern: 'obo',
    human: { issuer: data.iss, subject: data.sub, email: address, idp: WORKSPACE_IDP },
    agent: undefined,
    principal: { id: address, role: undefined, groups: data.groups },
    // Our scopes say nothing about the platform's own people: the engine's grants do. An agent that comes along narrows them.
    scopes: SCOPES,
    expiresAt,
    tokenId: tokenIdOf(jwt),
  };
  return { ok: true, caller, expiresAt };
}
