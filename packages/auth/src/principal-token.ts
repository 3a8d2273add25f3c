import { type Agent, AppError, type Caller, type Human, isScope, type Principal, type Scope } from '@causeway/core';
import { z } from 'zod';
import { untraced } from './jwt/check.ts';
import type { JwtProfile } from './jwt/jwt-checks.ts';
import { type JwtMembers, parseJwt } from './jwt/parse-jwt.ts';
import { type IssuedToken, PORTAL_ALGORITHM, signPortalJwt, type SigningKeySource } from './jwt/portal-jwt.ts';
import { type JwtReason, type Refused, refused } from './jwt/refusal.ts';
import { verifyJwt } from './jwt/verify-jwt.ts';
import type { KeySource } from './keys/key-source.ts';
import { type Revocable, revocablesOf, type Revoked } from './revocable.ts';
import { createVerificationCache, type VerificationCache } from './verification-cache.ts';

/** RFC 9068 §2.1. */
const TYPE = 'at+jwt';

/** The longest that a principal token lives, whatever the policy says. */
const PRINCIPAL_TOKEN_SECONDS_MAX = 900;

export interface PrincipalGrant {
  readonly principal: Principal & { readonly role: string };
  /** Who stands behind it. Without one, the agent is on its own. */
  readonly human: Human | undefined;
  readonly agent: Agent | undefined;
  readonly scopes: readonly Scope[];
  readonly clientId: string;
  /** When the proof that it is given for ends: the token never outlives it. */
  readonly notAfter: Date | undefined;
}

export interface PrincipalTokenSignerOptions {
  readonly issuer: string;
  /** The MCP endpoint: the one and only audience. */
  readonly resource: string;
  readonly keys: SigningKeySource;
  readonly now: () => number;
  readonly lifetimeSeconds?: number;
}

export interface PrincipalTokenSigner {
  sign(grant: PrincipalGrant): Promise<IssuedToken>;
}

export function createPrincipalTokenSigner(options: PrincipalTokenSignerOptions): PrincipalTokenSigner {
  const { issuer, resource, keys, now, lifetimeSeconds = PRINCIPAL_TOKEN_SECONDS_MAX } = options;
  return {
    sign: async (grant) => {
      const nowMs = now();
      const untilEnd = Math.floor(((grant.notAfter?.getTime() ?? Infinity) - nowMs) / 1000);
      const seconds = Math.min(lifetimeSeconds, PRINCIPAL_TOKEN_SECONDS_MAX, untilEnd);
      if (seconds < 1) throw new AppError('invalid_request', 'the proof of who is asking is at its end');
      const claims = claimsOf(grant);
      const jwt = { typ: TYPE, issuer, subject: grant.principal.id, audience: resource, claims };
      return signPortalJwt(keys, { ...jwt, nowMs, lifetimeSeconds: seconds });
    },
  };
}

function claimsOf({ principal, human, agent, scopes, clientId }: PrincipalGrant): JwtMembers {
  const { issuer: iss, subject: sub, email, idp } = human ?? {};
  // RFC 8693 §4.1: `act` is who acts now. Nested actors may not decide access, so the human stands beside it, not inside.
  const act = agent === undefined ? { iss, sub } : { sub: `agent:${agent.id}` };
  if (act.sub === undefined) throw new AppError('internal', 'a principal token is for a human, an agent, or both');
  return {
    client_id: clientId,
    scope: scopes.join(' '),
    role: principal.role,
    groups: principal.groups,
    ...(human !== undefined && { human: { iss, sub, email, idp } }),
    act,
  };
}

const text = z.string().min(1).max(500);

// RFC 9068 §2.2 and the claims that `claimsOf` writes. Unknown ones are let pass: an older replica reads a newer one's tokens.
const principalClaims = z.object({
  sub: z.guid(),
  jti: text,
  client_id: text,
  scope: z.string().max(500),
  role: text,
  groups: z.array(text),
  human: z.object({ iss: text, sub: text, email: text.optional(), idp: text }).optional(),
  act: z.union([
    z.strictObject({ sub: z.templateLiteral(['agent:', z.string().min(1)]) }),
    z.strictObject({ iss: text, sub: text }),
  ]),
});

type PrincipalClaims = z.infer<typeof principalClaims>;

export type PrincipalTokenReason = JwtReason | 'claims_malformed' | 'actor_mismatch' | 'revoked';

interface PrincipalToken {
  readonly ok: true;
  readonly caller: Caller;
  readonly clientId: string;
  readonly expiresAt: Date;
}

export type PrincipalTokenResult = PrincipalToken | Refused<PrincipalTokenReason>;

export interface PrincipalTokenVerifierOptions {
  readonly issuer: string;
  readonly resource: string;
  readonly keys: KeySource;
  readonly now: () => number;
  /** The first of these that is revoked, or undefined. Asked on every call, from memory; throws when nobody knows. */
  readonly revocationOf: (whats: readonly Revocable[]) => Revoked | undefined;
  /** Told of each token whether it was known. */
  readonly onLookup?: (isHit: boolean) => void;
}

export interface PrincipalTokenVerifier {
  /** Whether the role still has this principal and these groups is for the policy to say, on every call. */
  verify(token: string): Promise<PrincipalTokenResult>;
  clear(): void;
}

export function createPrincipalTokenVerifier(options: PrincipalTokenVerifierOptions): PrincipalTokenVerifier {
  const { now, onLookup, revocationOf } = options;
  const cache: VerificationCache<PrincipalTokenResult> = createVerificationCache({ now, onLookup });
  return {
    verify: async (token) => {
      const result = await cache.verify(token, { kind: TYPE, verify: () => verifyPrincipalToken(options, token) });
      if (!result.ok) return result;
      return revocationOf(revocablesOf(result.caller)) === undefined ? result : refused('revoked');
    },
    clear: () => cache.clear(),
  };
}

async function verifyPrincipalToken(
  { issuer, resource, keys, now }: PrincipalTokenVerifierOptions,
  token: string,
): Promise<PrincipalTokenResult> {
  const jwt = parseJwt(token);
  if (!jwt.ok) return jwt;
  // RFC 9068 §4, RFC 8707 §2: for this resource, and for no other one beside it.
  const profile: JwtProfile = {
    issuer,
    audience: resource,
    audienceRule: 'only',
    types: [TYPE],
    algorithms: [PORTAL_ALGORITHM],
    lifetimeSecondsMax: PRINCIPAL_TOKEN_SECONDS_MAX,
  };
  const verified = await verifyJwt({ jwt, profile, keys, nowMs: now(), trace: untraced });
  if (!verified.ok) return verified;
  const { success, data: claims } = principalClaims.safeParse(verified.claims);
  if (!success) return refused('claims_malformed');
  if (!isWholeActor(claims)) return refused('actor_mismatch');
  const { expiresAt } = verified;
  return { ok: true, caller: callerOf(claims, expiresAt), clientId: claims.client_id, expiresAt };
}

/** The actor is an agent, or the very human for whom the token is. */
function isWholeActor({ human, act }: PrincipalClaims): boolean {
  return !('iss' in act) || (human !== undefined && act.iss === human.iss && act.sub === human.sub);
}

function callerOf({ sub, jti, scope, role, groups, human, act }: PrincipalClaims, expiresAt: Date): Caller {
  return {
    pattern: human === undefined ? 'm2m' : 'federation',
    human: human && { issuer: human.iss, subject: human.sub, email: human.email, idp: human.idp },
    agent: 'iss' in act ? undefined : { id: act.sub.slice('agent:'.length) },
    principal: { id: sub, role, groups },
    // A scope that this replica does not know opens nothing here.
    scopes: scope.split(' ').filter(isScope),
    expiresAt,
    tokenId: jti,
  };
}
