import { type Human, isScope, type Scope } from '@causeway/core';
import { z } from 'zod';
import { untraced } from './jwt/check.ts';
import type { JwtProfile } from './jwt/jwt-checks.ts';
import { type JwtMembers, parseJwt, type ParsedJwt } from './jwt/parse-jwt.ts';
import { type JwtReason, type Refused, refused } from './jwt/refusal.ts';
import { type VerifiedJwt, verifyJwt } from './jwt/verify-jwt.ts';
import { CLOCK_SKEW_SECONDS } from './jwt/numeric-date.ts';
import { personOf, type PersonReason } from './subject-token/person-of.ts';
import { PRESETS } from './subject-token/presets.ts';
import type { ProviderSettings } from './subject-token/provider-settings.ts';
import type { TrustedProvider, TrustedProviders } from './subject-token/trusted-providers.ts';
import { withoutClientPin } from './subject-token/without-client-pin.ts';

/** Identity Assertion JWT Authorization Grant, §3: the type that tells it from every other token of that provider. */
const TYPE = 'oauth-id-jag+jwt';

/** Remembers which assertions were used. All replicas share it. */
export interface ReplayStore {
  /** False when this one was used before. It may be forgotten after `until`. */
  firstUse(assertion: { readonly issuer: string; readonly id: string; readonly until: Date }): Promise<boolean>;
}

/** Which clients may present assertions of which provider. */
interface IdJagIssuer {
  readonly provider: string;
  readonly clients: readonly string[];
}

export interface IdJagVerifierOptions {
  readonly providers: TrustedProviders;
  /** Of the current policy. */
  readonly issuers: () => readonly IdJagIssuer[];
  /** The portal's issuer: the one audience. */
  readonly ownIssuer: string;
  /** The MCP endpoint: the one resource. */
  readonly resource: string;
  readonly replays: ReplayStore;
  readonly now: () => number;
}

export type IdJagReason =
  | JwtReason
  | PersonReason
  | 'own_token'
  | 'issuer_not_allowed'
  | 'client_not_allowed'
  | 'claims_malformed'
  | 'client_mismatch'
  | 'resource_mismatch'
  | 'replayed';

interface IdJag {
  readonly ok: true;
  readonly human: Human;
  /** As signed, for the role mapping. */
  readonly claims: JwtMembers;
  /** The most that a token for it may open; undefined when it does not say. */
  readonly scopes: readonly Scope[] | undefined;
  readonly tokenId: string;
  readonly expiresAt: Date;
}

type IdJagResult = IdJag | (Refused<IdJagReason> & { readonly idp?: string | undefined });

export interface IdJagVerifier {
  /** `clientId`: the client that has just proved itself. A good assertion is used up by this. */
  verify(assertion: string, clientId: string): Promise<IdJagResult>;
}

/** The enterprise-managed authorization of MCP: the partner's provider says who asks, through which client, for which resource. */
export function createIdJagVerifier(options: IdJagVerifierOptions): IdJagVerifier {
  return {
    verify: async (assertion, clientId) => {
      const jwt = parseJwt(assertion);
      if (!jwt.ok) return jwt;
      if (jwt.payload['iss'] === options.ownIssuer) return refused('own_token');
      const provider = options.providers.route(jwt.payload['iss']);
      if (!provider.ok) return provider;
      const result = await judge(options, { jwt, provider, clientId });
      return result.ok ? result : { ...result, idp: provider.settings.id };
    },
  };
}

interface Presented {
  readonly jwt: ParsedJwt;
  readonly provider: TrustedProvider;
  readonly clientId: string;
}

async function judge(options: IdJagVerifierOptions, presented: Presented): Promise<IdJagResult> {
  const { jwt, provider, clientId } = presented;
  const { id } = provider.settings;
  const issuer = options.issuers().find((one) => one.provider === id);
  if (issuer === undefined) return refused('issuer_not_allowed');
  if (!issuer.clients.includes(clientId)) return refused('client_not_allowed');
  const profile = profileOf(provider.settings, options.ownIssuer);
  const verified = await verifyJwt({ jwt, profile, keys: provider.keys, nowMs: options.now(), trace: untraced });
  return verified.ok ? judgeClaims(options, presented, verified) : verified;
}

function profileOf(settings: ProviderSettings, ownIssuer: string): JwtProfile {
  return {
    issuer: settings.issuer,
    audience: ownIssuer,
    audienceRule: 'only',
    types: [TYPE],
    algorithms: settings.algorithms ?? PRESETS[settings.kind].algorithms,
    maxAgeSeconds: settings.maxAgeSeconds,
    lifetimeSecondsMax: settings.maxAgeSeconds,
  };
}

// §3.1 of the draft; the MCP extension makes `resource` required.
const idJagClaims = z.object({
  client_id: z.string().min(1),
  jti: z.string().min(1).max(255),
  resource: z.union([z.string(), z.tuple([z.string()])]),
  scope: z.string().max(2000).optional(),
});

async function judgeClaims(
  { resource, replays }: IdJagVerifierOptions,
  { provider, clientId }: Presented,
  { claims, expiresAt }: VerifiedJwt,
): Promise<IdJagResult> {
  const { success, data } = idJagClaims.safeParse(claims);
  if (!success) return refused('claims_malformed');
  if (data.client_id !== clientId) return refused('client_mismatch');
  if (String(data.resource) !== resource) return refused('resource_mismatch');
  const person = personOf({ settings: withoutClientPin(provider.settings), claims });
  if (!person.ok) return person;
  const { human } = person;
  const until = new Date(expiresAt.getTime() + CLOCK_SKEW_SECONDS * 1000);
  // RFC 7523 §3 item 7. Last, so that only an assertion that is good in every other way is remembered.
  if (!(await replays.firstUse({ issuer: human.issuer, id: data.jti, until }))) return refused('replayed');
  const scopes = data.scope?.split(' ').filter(isScope);
  return { ok: true, human, claims, scopes, tokenId: data.jti, expiresAt };
}
