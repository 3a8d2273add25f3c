import { type Caller, SCOPES } from '@causeway/core';
import { groupsOfRole } from '../groups.ts';
import type { Policy } from '../schema.ts';

/** Somebody of a role, with a token that holds every scope unless the test says otherwise. */
export function humanWith(policy: Policy, role: string, change: Partial<Caller> = {}): Caller {
  return {
    pattern: 'federation',
    human: { issuer: policy.providers[0]?.issuer ?? '', subject: 'u1', email: undefined, idp: 'x' },
    agent: undefined,
    principal: { id: policy.roles[role]?.principal ?? '', role, groups: groupsOfRole(policy, role) },
    scopes: SCOPES,
    expiresAt: new Date(0),
    tokenId: 'token-1',
    ...change,
  };
}

/** An agent alone, as the policy has it. */
export function agentAlone(policy: Policy, id: string, change: Partial<Caller> = {}): Caller {
  const role = policy.agents[id]?.role ?? '';
  return { ...humanWith(policy, role), pattern: 'm2m', human: undefined, agent: { id }, ...change };
}

/** One of the platform's own people. */
export function workspaceHuman(policy: Policy, email: string, change: Partial<Caller> = {}): Caller {
  return {
    ...humanWith(policy, ''),
    pattern: 'obo',
    human: { issuer: policy.workspace?.issuer ?? '', subject: email, email, idp: 'workspace' },
    principal: { id: email, role: undefined, groups: [] },
    ...change,
  };
}
