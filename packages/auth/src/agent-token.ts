import type { Agent } from '@causeway/core';
import { z } from 'zod';
import { untraced } from './jwt/check.ts';
import type { JwtProfile } from './jwt/jwt-checks.ts';
import { parseJwt } from './jwt/parse-jwt.ts';
import { type IssuedToken, PORTAL_ALGORITHM, signPortalJwt, type SigningKeySource } from './jwt/portal-jwt.ts';
import { type JwtReason, type Refused, refused } from './jwt/refusal.ts';
import { verifyJwt } from './jwt/verify-jwt.ts';
import type { KeySource } from './keys/key-source.ts';

/** RFC 8725 §3.11: a type of its own. The MCP server takes at+jwt only, so this one is worthless there. */
const TYPE = 'causeway-agent+jwt';

const AGENT_TOKEN_SECONDS_MAX = 300;

export interface AgentTokenSignerOptions {
  /** The portal: issuer and audience in one. */
  readonly issuer: string;
  readonly keys: SigningKeySource;
  readonly now: () => number;
  readonly lifetimeSeconds?: number;
}

export interface AgentGrant {
  readonly agent: Agent;
  readonly clientId: string;
}

/** The token by which an agent says who it is when it asks for a token for somebody (RFC 8693 §2.1, `actor_token`). */
export function createAgentTokenSigner(options: AgentTokenSignerOptions): {
  sign(grant: AgentGrant): Promise<IssuedToken>;
} {
  const { issuer, keys, now, lifetimeSeconds = AGENT_TOKEN_SECONDS_MAX } = options;
  return {
    sign: ({ agent, clientId }) =>
      signPortalJwt(keys, {
        typ: TYPE,
        issuer,
        subject: `agent:${agent.id}`,
        audience: issuer,
        nowMs: now(),
        lifetimeSeconds: Math.min(lifetimeSeconds, AGENT_TOKEN_SECONDS_MAX),
        claims: { client_id: clientId },
      }),
  };
}

export type AgentTokenReason = JwtReason | 'claims_malformed' | 'client_mismatch';

type AgentTokenResult =
  | { readonly ok: true; readonly agent: Agent; readonly tokenId: string; readonly expiresAt: Date }
  | Refused<AgentTokenReason>;

export interface AgentTokenVerifierOptions {
  readonly issuer: string;
  readonly keys: KeySource;
  readonly now: () => number;
}

const agentClaims = z.object({
  sub: z.templateLiteral(['agent:', z.string().min(1)]),
  client_id: z.string().min(1),
  jti: z.string().min(1),
});

export interface AgentTokenVerifier {
  /** `clientId`: the client that has just proved itself. Nobody presents another agent's token. */
  verify(token: string, clientId: string): Promise<AgentTokenResult>;
}

export function createAgentTokenVerifier({ issuer, keys, now }: AgentTokenVerifierOptions): AgentTokenVerifier {
  const profile: JwtProfile = {
    issuer,
    audience: issuer,
    audienceRule: 'only',
    types: [TYPE],
    algorithms: [PORTAL_ALGORITHM],
    lifetimeSecondsMax: AGENT_TOKEN_SECONDS_MAX,
  };
  return {
    verify: async (token, clientId) => {
      const jwt = parseJwt(token);
      if (!jwt.ok) return jwt;
      const verified = await verifyJwt({ jwt, profile, keys, nowMs: now(), trace: untraced });
      if (!verified.ok) return verified;
      const { success, data: claims } = agentClaims.safeParse(verified.claims);
      if (!success) return refused('claims_malformed');
      if (claims.client_id !== clientId) return refused('client_mismatch');
      const agent = { id: claims.sub.slice('agent:'.length) };
      return { ok: true, agent, tokenId: claims.jti, expiresAt: verified.expiresAt };
    },
  };
}
