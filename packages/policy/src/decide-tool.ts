import type { Caller, Scope } from '@causeway/core';
import { own } from './own.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PathSegment } from './problem.ts';
import { withRule } from './rule.ts';
import type { Policy } from './schema.ts';
import { grantedScopes, rolesOf, type Standing, standingOf } from './standing.ts';
import { missingFor } from './tool-needs.ts';
import { TOOL_SCOPES, type ToolName, TOOLS } from './tools.ts';

/** `insufficient_scope`: a token with more scopes would be let in; `access_denied`: none would. */
export type Decision =
  | { readonly allowed: true; readonly at: readonly PathSegment[] }
  | {
      readonly allowed: false;
      readonly code: 'invalid_token' | 'access_denied' | 'insufficient_scope';
      /** For the log and the audit trail. It names the rule that decided, by path and line. */
      readonly reason: string;
      readonly at: readonly PathSegment[];
    };

/** Whether this caller may call this tool: the standing first, then the role, then the token's scope. */
export function decideTool(document: PolicyDocument, caller: Caller, tool: ToolName): Decision {
  const standing = standingOf(document, caller);
  if (!standing.ok) return { allowed: false, code: standing.code, reason: standing.reason, at: standing.at };
  const refusal = refusalOf(document.policy, askerOf(document.policy, caller, standing), tool);
  if (refusal === undefined) return { allowed: true, at: ['tools', tool] };
  return { ...refusal, allowed: false, reason: withRule(document, refusal.reason, refusal.at) };
}

/** The tools that a caller is shown: those that they may call, with this token or with one of more scopes. */
export function toolsOf(document: PolicyDocument, caller: Caller): ToolName[] {
  const standing = standingOf(document, caller);
  if (!standing.ok) return [];
  const asker = askerOf(document.policy, caller, standing);
  return TOOLS.filter((tool) => refusalOf(document.policy, asker, tool)?.code !== 'access_denied');
}

/** What the policy says of a caller, whichever tool they ask for. */
interface Asker {
  readonly caller: Caller;
  readonly scopes: readonly Scope[];
  readonly roles: readonly string[];
  readonly granted: readonly (readonly Scope[])[];
}

function askerOf(policy: Policy, caller: Caller, { scopes }: Extract<Standing, { ok: true }>): Asker {
  return { caller, scopes, roles: rolesOf(policy, caller), granted: grantedScopes(policy, caller) };
}

/** The reason does not name its line yet: to find that takes longer than all of this. */
interface Refusal {
  readonly code: 'access_denied' | 'insufficient_scope';
  readonly reason: string;
  readonly at: readonly PathSegment[];
}

function refusalOf(policy: Policy, { caller, scopes, roles, granted }: Asker, tool: ToolName): Refusal | undefined {
  const missing = missingFor(policy, tool);
  if (missing !== undefined) return deny(`"${tool}" needs what the policy lacks: ${missing}`, ['tools', tool]);
  const given = own(policy.tools, tool) ?? [];
  const outside = roles.find((role) => !given.includes(role));
  if (outside !== undefined) return deny(`"${tool}" is not given to the role "${outside}"`, ['tools', tool]);

  const scope = TOOL_SCOPES[tool];
  if (scope === undefined || (caller.pattern === 'obo' && caller.agent === undefined)) return undefined;
  if (!granted.every((list) => list.includes(scope))) {
    return deny(`"${tool}" needs the scope "${scope}", which no token of this caller can have`, scopePath(caller));
  }
  if (scopes.includes(scope)) return undefined;
  const reason = `the token lacks the scope "${scope}" that "${tool}" needs`;
  return { code: 'insufficient_scope', reason, at: ['tools', tool] };
}

const deny = (reason: string, at: readonly PathSegment[]): Refusal => ({ code: 'access_denied', reason, at });

const scopePath = ({ principal, agent }: Caller): string[] =>
  agent === undefined ? ['roles', principal.role ?? '', 'scopes'] : ['agents', agent.id, 'scopes'];
