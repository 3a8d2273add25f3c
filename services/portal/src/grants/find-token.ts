import type { Caller } from '@causeway/core';
import type { Identity } from '../identity/identity.ts';

/** A refresh token as the authorization server keeps it. */
interface RefreshTokenRecord {
  readonly clientId: string;
  readonly accountId: string;
  readonly grantId: string;
  readonly scope: string | undefined;
  /** Another one took its place. */
  readonly isUsed: boolean;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface RefreshTokens {
  /** One that lives, used or not. */
  find(token: string): Promise<RefreshTokenRecord | undefined>;
  /** Ends the grant: this token, and everything that came of the same sign-in. */
  endGrant(grantId: string): Promise<void>;
}

export type FoundToken =
  | { readonly kind: 'principal'; readonly clientId: string; readonly caller: Caller; readonly expiresAt: Date }
  | {
      readonly kind: 'agent';
      readonly clientId: string;
      readonly agentId: string;
      readonly tokenId: string;
      readonly expiresAt: Date;
    }
  | { readonly kind: 'refresh'; readonly clientId: string; readonly record: RefreshTokenRecord };

export interface FindTokenDeps {
  readonly identity: Identity;
  readonly refreshTokens: RefreshTokens;
}

/** Which of our tokens this is, if it is one and lives. RFC 7009 §2.1: the type hint is only a hint, so it is not read. */
export async function findToken(
  { identity, refreshTokens }: FindTokenDeps,
  token: string,
  clientId: string,
): Promise<FoundToken | undefined> {
  if (!token.includes('.')) {
    const record = await refreshTokens.find(token);
    return record && { kind: 'refresh', clientId: record.clientId, record };
  }
  const principal = await identity.principalTokens.verify(token);
  if (principal.ok) return { ...principal, kind: 'principal' };
  const agent = await identity.agentTokens.verify(token, clientId);
  if (!agent.ok) return undefined;
  const { tokenId, expiresAt } = agent;
  return { kind: 'agent', clientId, agentId: agent.agent.id, tokenId, expiresAt };
}
