import { grantScopes, type PrincipalGrant } from '@causeway/auth';
import { type Caller, narrowScopes, type Scope } from '@causeway/core';
import { type PolicyDocument, standingOf } from '@causeway/policy';
import { OAuthRefusal, refuseToken } from '../attempt/oauth-refusal.ts';
import type { Attempt } from '../attempt/attempt.ts';
import type { Identity } from './identity.ts';

/** Somebody who may get a principal token, as far as their proof and the policy go. */
export type Candidate = Pick<PrincipalGrant, 'principal' | 'human' | 'agent' | 'clientId' | 'notAfter'> & {
  /** All that the role may open. */
  readonly roleScopes: readonly Scope[];
  /** The `scope` parameter. */
  readonly requested: string | undefined;
  /** What the human agreed to for the agent; undefined where nobody needs to. */
  readonly agreed?: readonly Scope[] | undefined;
  /** Of the proof, so that a revoked one is refused. */
  readonly proofId: string | undefined;
};

/**
 * The last steps of every grant: whether this caller stands in the current policy, which scopes are left, the token. What the
 * MCP service will ask of the token on every call is asked here first, by the same function.
 */
export async function answerPrincipal(identity: Identity, candidate: Candidate, attempt: Attempt) {
  const { document } = identity;
  const scopes = scopesFor(document, candidate);
  const caller = callerOf(candidate, scopes);
  const standing = standingOf(document, caller);
  attempt.caller = caller;
  if (!standing.ok) throw refuseToken(standing.reason);
  const issued = await identity.signPrincipal({ ...candidate, scopes: standing.scopes });
  attempt.caller = { ...caller, scopes: standing.scopes, expiresAt: issued.expiresAt, tokenId: issued.tokenId };
  const scope = standing.scopes.join(' ');
  Object.assign(attempt.details, { scope, token_id: issued.tokenId, expires_in: issued.lifetimeSeconds });
  return {
    issued,
    body: { access_token: issued.token, token_type: 'Bearer', expires_in: issued.lifetimeSeconds, scope },
  };
}

function scopesFor({ policy }: PolicyDocument, { agent, agreed, requested, roleScopes }: Candidate): readonly Scope[] {
  const rule = agent === undefined ? undefined : policy.agents[agent.id];
  const agentScopes = rule && narrowScopes(rule.scopes, policy.roles[rule.role]?.scopes ?? []);
  const granted = grantScopes({ requested, role: roleScopes, agent: agentScopes, agreed });
  if (!granted.ok) throw new OAuthRefusal('invalid_scope', granted.reason, { denied: true });
  return granted.scopes;
}

function callerOf({ principal, human, agent, notAfter, proofId }: Candidate, scopes: readonly Scope[]): Caller {
  return {
    pattern: human === undefined ? 'm2m' : 'federation',
    human,
    agent,
    principal,
    scopes,
    expiresAt: notAfter ?? new Date(0),
    tokenId: proofId ?? '',
  };
}
