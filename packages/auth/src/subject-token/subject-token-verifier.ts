import type { Human } from '@causeway/core';
import { type Step, type Trace, untraced } from '../jwt/check.ts';
import type { JwtProfile } from '../jwt/jwt-checks.ts';
import { type JwtMembers, parseJwt, type ParsedJwt, tokenIdOf } from '../jwt/parse-jwt.ts';
import { type JwtReason, type Refused, refused } from '../jwt/refusal.ts';
import { type VerifiedJwt, verifyJwt } from '../jwt/verify-jwt.ts';
import { createVerificationCache, type VerificationCache } from '../verification-cache.ts';
import { personOf, type PersonReason } from './person-of.ts';
import { PRESETS } from './presets.ts';
import type { TrustedProvider, TrustedProviders } from './trusted-providers.ts';

export type SubjectTokenReason = JwtReason | PersonReason | 'own_token';

/** What the client says the token is (RFC 8693 §3), without the common prefix. */
export type SubjectTokenType = 'jwt' | 'access_token' | 'id_token';

export interface SubjectToken {
  readonly ok: true;
  readonly human: Human;
  /** As signed, for the role mapping. Who it is says `human` alone. */
  readonly claims: JwtMembers;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** From then on it is older than its provider's tokens may be. */
  readonly freshUntil: Date;
  /** The token's `jti`, or its digest where the provider writes none: for the audit trail. */
  readonly tokenId: string;
}

export type SubjectTokenResult = SubjectToken | (Refused<SubjectTokenReason> & { readonly idp?: string | undefined });

export interface SubjectTokenVerifierOptions {
  readonly providers: TrustedProviders;
  /** The portal's own issuer: what it signed itself proves nobody anew. */
  readonly ownIssuer: string;
  readonly now: () => number;
  /** Told of each token whether it was known. */
  readonly onLookup?: ((isHit: boolean) => void) | undefined;
}

export interface SubjectTokenVerifier {
  verify(token: string, type?: SubjectTokenType): Promise<SubjectTokenResult>;
  /** Judges the token anew, step by step. */
  explain(token: string, type?: SubjectTokenType): Promise<{ steps: readonly Step[]; result: SubjectTokenResult }>;
  /** After a revocation or a change of the policy. */
  clear(): void;
}

export function createSubjectTokenVerifier(options: SubjectTokenVerifierOptions): SubjectTokenVerifier {
  const { now, onLookup } = options;
  const judge = (token: string, type: SubjectTokenType, trace: Trace) => judgeToken(options, { token, type, trace });
  const cache: VerificationCache<SubjectTokenResult> = createVerificationCache({ now, onLookup });
  return {
    verify: (token, type = 'jwt') => cache.verify(token, { kind: type, verify: () => judge(token, type, untraced) }),
    explain: async (token, type = 'jwt') => {
      const steps: Step[] = [];
      const result = await judge(token, type, (step) => steps.push(step));
      return { steps, result };
    },
    clear: () => cache.clear(),
  };
}

// RFC 9068 §4: at+jwt is an access token, whatever the client calls it. OpenID Connect Core asks for no type at all.
const ID_TOKEN_TYPES = [undefined, 'jwt'];

interface Judged {
  readonly token: string;
  readonly type: SubjectTokenType;
  readonly trace: Trace;
}

async function judgeToken(options: SubjectTokenVerifierOptions, judged: Judged): Promise<SubjectTokenResult> {
  const { trace } = judged;
  const jwt = parseJwt(judged.token);
  trace({ check: 'form', passed: jwt.ok });
  if (!jwt.ok) return jwt;
  const isOwn = jwt.payload['iss'] === options.ownIssuer;
  trace({ check: 'issued by somebody else', passed: !isOwn });
  if (isOwn) return refused('own_token');
  const provider = options.providers.route(jwt.payload['iss']);
  trace({ check: 'provider', passed: provider.ok });
  if (!provider.ok) return provider;
  const verified = await verifyOf(provider, { jwt, judged, nowMs: options.now() });
  const idp = provider.settings.id;
  if (!verified.ok) return { ...verified, idp };
  const person = personOf({ settings: provider.settings, claims: verified.claims }, trace);
  if (!person.ok) return { ...person, idp };
  const { claims, issuedAt, expiresAt } = verified;
  const freshUntil = new Date(issuedAt.getTime() + provider.settings.maxAgeSeconds * 1000);
  return { ok: true, human: person.human, claims, issuedAt, expiresAt, freshUntil, tokenId: tokenIdOf(jwt) };
}

function verifyOf(
  { settings, keys }: TrustedProvider,
  { jwt, judged, nowMs }: { jwt: ParsedJwt; judged: Judged; nowMs: number },
): Promise<VerifiedJwt | Refused<JwtReason>> {
  const preset = PRESETS[settings.kind];
  const profile: JwtProfile = {
    issuer: settings.issuer,
    audience: settings.audience,
    audienceRule: 'contains',
    types: judged.type === 'id_token' ? ID_TOKEN_TYPES : preset.types,
    algorithms: settings.algorithms ?? preset.algorithms,
    maxAgeSeconds: settings.maxAgeSeconds,
  };
  return verifyJwt({ jwt, profile, keys, nowMs, trace: judged.trace });
}
