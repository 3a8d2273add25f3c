import { type Caller, narrowScopes, type Scope } from '@causeway/core';
import { groupsOfHuman, groupsOfRole } from './groups.ts';
import { own } from './own.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PathSegment } from './problem.ts';
import type { Revocable, Revoked } from './revocations.ts';
import { withRule } from './rule.ts';
import type { Policy } from './schema.ts';

type StandingRefusal =
  | 'caller_incomplete'
  | 'token_revoked'
  | 'human_revoked'
  | 'agent_revoked'
  | 'role_revoked'
  | 'provider_unknown'
  | 'role_unknown'
  | 'principal_changed'
  | 'agent_unknown'
  | 'agent_role_changed'
  | 'agent_may_not_act';

/** A caller as the current policy sees them. `invalid_token`: the token is worthless now; `access_denied`: it is the wrong one for this. */
export type Standing =
  | { readonly ok: true; readonly groups: readonly string[]; readonly scopes: readonly Scope[] }
  | {
      readonly ok: false;
      readonly code: 'invalid_token' | 'access_denied';
      readonly refusal: StandingRefusal;
      readonly reason: string;
      readonly at: readonly PathSegment[];
    };

type Refused = Extract<Standing, { ok: false }>;
type AgentRule = Policy['agents'][string];

/** What a token says holds only as far as the policy of this moment says it too. */
export function standingOf(document: PolicyDocument, caller: Caller): Standing {
  const refused = incomplete(document, caller) ?? revoked(document, caller) ?? foreign(document, caller);
  if (refused !== undefined) return refused;
  const groups = currentGroups(document.policy, caller);
  const agentRefused = agentProblem(document, caller, groups);
  if (agentRefused !== undefined) return agentRefused;
  return { ok: true, groups, scopes: narrowScopes(caller.scopes, ...grantedScopes(document.policy, caller)) };
}

/** Scopes that the caller's token and the current policy both give. */
export function scopesOf(document: PolicyDocument, caller: Caller): readonly Scope[] {
  const standing = standingOf(document, caller);
  return standing.ok ? standing.scopes : [];
}

/** The roles that must all agree: the caller's own, and the agent's. Under OBO the human has none, the engine decides. */
export function rolesOf(policy: Policy, { pattern, principal, agent }: Caller): string[] {
  const roles = pattern === 'obo' ? [] : [principal.role ?? ''];
  return agent === undefined ? roles : [...roles, own(policy.agents, agent.id)?.role ?? ''];
}

/** Lists of scopes, of which a scope must be in each to be given to a token of this caller. */
export function grantedScopes(policy: Policy, caller: Caller): (readonly Scope[])[] {
  const lists = rolesOf(policy, caller).map((role) => own(policy.roles, role)?.scopes ?? []);
  return caller.agent === undefined ? lists : [...lists, own(policy.agents, caller.agent.id)?.scopes ?? []];
}

const PATTERN_PARTS: Readonly<Record<Caller['pattern'], (caller: Caller) => boolean>> = {
  federation: ({ human, principal }) => human !== undefined && principal.role !== undefined,
  m2m: ({ human, agent, principal }) => human === undefined && agent !== undefined && principal.role !== undefined,
  obo: ({ human, principal }) => human !== undefined && principal.role === undefined,
};

function incomplete(document: PolicyDocument, caller: Caller): Refused | undefined {
  if (PATTERN_PARTS[caller.pattern](caller)) return undefined;
  return refuse(document, 'caller_incomplete', {
    reason: `the caller is not a whole ${caller.pattern} caller`,
    at: [],
  });
}

function revoked(document: PolicyDocument, caller: Caller): Refused | undefined {
  const found = revocation(document, revocablesOf(document.policy, caller));
  return found && refuse(document, `${found.what.kind}_revoked`, found);
}

function revocablesOf({ agents }: Policy, { human, agent, principal, tokenId }: Caller): Revocable[] {
  const revocables: Revocable[] = [{ kind: 'token', id: tokenId }];
  if (human !== undefined) revocables.push({ kind: 'human', issuer: human.issuer, subject: human.subject });
  if (agent !== undefined) revocables.push({ kind: 'agent', id: agent.id });
  if (principal.role !== undefined) revocables.push({ kind: 'role', role: principal.role });
  const agentRole = agent && own(agents, agent.id)?.role;
  if (agentRole !== undefined) revocables.push({ kind: 'role', role: agentRole });
  return revocables;
}

/** The first of these that is revoked, by the document or beside it. */
export function revocation(
  { policy, revocations }: PolicyDocument,
  whats: readonly Revocable[],
): (Revoked & { readonly at: readonly PathSegment[] }) | undefined {
  for (const what of whats) {
    const index = placeIn(policy.revoked, what);
    if (index >= 0) return { what, reason: `the ${what.kind} is revoked`, at: ['revoked', `${what.kind}s`, index] };
  }
  const elsewhere = revocations?.revocationOf(whats);
  if (elsewhere === undefined) return undefined;
  const { what, reason } = elsewhere;
  return { what, reason: `the ${what.kind} is revoked: ${reason}`, at: [] };
}

function placeIn({ humans, agents, tokens, roles }: Policy['revoked'], what: Revocable): number {
  switch (what.kind) {
    case 'human':
      return humans.findIndex(({ issuer, subject }) => what.issuer === issuer && what.subject === subject);
    case 'agent':
      return agents.indexOf(what.id);
    case 'token':
      return tokens.indexOf(what.id);
    case 'role':
      return roles.indexOf(what.role);
  }
}

/** The human's provider, the role and its principal are still what they were when the token was made. */
function foreign(document: PolicyDocument, { pattern, human, principal }: Caller): Refused | undefined {
  if (pattern === 'obo') return undefined;
  const { providers, roles } = document.policy;
  if (human !== undefined && !providers.some(({ issuer }) => issuer === human.issuer)) {
    return refuse(document, 'provider_unknown', { reason: 'no provider has the human’s issuer', at: ['providers'] });
  }
  const name = principal.role ?? '';
  const role = own(roles, name);
  if (role === undefined)
    return refuse(document, 'role_unknown', { reason: `there is no role "${name}"`, at: ['roles'] });
  if (role.principal.toLowerCase() === principal.id.toLowerCase()) return undefined;
  const reason = `the role "${name}" has another principal than the token`;
  return refuse(document, 'principal_changed', { reason, at: ['roles', name, 'principal'] });
}

/** Of the current policy; of the token only where the platform alone knows. */
function currentGroups(policy: Policy, { pattern, human, principal }: Caller): readonly string[] {
  if (pattern !== 'obo') return groupsOfRole(policy, principal.role ?? '');
  return groupsOfHuman(policy, human?.email ?? '') ?? principal.groups;
}

function agentProblem(document: PolicyDocument, caller: Caller, groups: readonly string[]): Refused | undefined {
  const { agent, human, principal } = caller;
  if (agent === undefined) return undefined;
  const rule: AgentRule | undefined = own(document.policy.agents, agent.id);
  if (rule === undefined) {
    return refuse(document, 'agent_unknown', { reason: `there is no agent "${agent.id}"`, at: ['agents'] });
  }
  const at = ['agents', agent.id];
  if (human === undefined && principal.role !== rule.role) {
    const reason = `the agent "${agent.id}" has the role "${rule.role}" now`;
    return refuse(document, 'agent_role_changed', { reason, at: [...at, 'role'] });
  }
  if (human !== undefined && !rule.mayActFor.some((group) => groups.includes(group))) {
    const reason = `the agent "${agent.id}" may act for nobody in the groups ${groups.join(', ')}`;
    return refuse(document, 'agent_may_not_act', { reason, at: [...at, 'mayActFor'] });
  }
  return undefined;
}

function refuse(
  document: PolicyDocument,
  refusal: StandingRefusal,
  { reason, at }: { reason: string; at: readonly PathSegment[] },
): Refused {
  const code = refusal === 'agent_may_not_act' ? 'access_denied' : 'invalid_token';
  return { ok: false, code, refusal, reason: withRule(document, reason, at), at };
}
