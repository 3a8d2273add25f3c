import type { Caller } from '@causeway/core';
import { own } from './own.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PathSegment } from './problem.ts';
import { withRule } from './rule.ts';
import { grantedScopes, rolesOf, standingOf } from './standing.ts';
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
  const { policy } = document;
  const standing = standingOf(document, caller);
  if (!standing.ok) return { allowed: false, code: standing.code, reason: standing.reason, at: standing.at };

  const at = ['tools', tool];
  const missing = missingFor(policy, tool);
  if (missing !== undefined) return deny(document, `"${tool}" needs what the policy lacks: ${missing}`, at);
  const granted = own(policy.tools, tool) ?? [];
  const outside = rolesOf(policy, caller).find((role) => !granted.includes(role));
  if (outside !== undefined) return deny(document, `"${tool}" is not given to the role "${outside}"`, at);

  const scope = TOOL_SCOPES[tool];
  if (scope === undefined || (caller.pattern === 'obo' && caller.agent === undefined)) return { allowed: true, at };
  if (!grantedScopes(policy, caller).every((scopes) => scopes.includes(scope))) {
    return deny(
      document,
      `"${tool}" needs the scope "${scope}", which no token of this caller can have`,
      scopePath(caller),
    );
  }
  if (standing.scopes.includes(scope)) return { allowed: true, at };
  const reason = withRule(document, `the token lacks the scope "${scope}" that "${tool}" needs`, at);
  return { allowed: false, code: 'insufficient_scope', reason, at };
}

/** The tools that a caller is shown: those that they may call, with this token or with one of more scopes. */
export function toolsOf(document: PolicyDocument, caller: Caller): ToolName[] {
  return TOOLS.filter((tool) => {
    const decision = decideTool(document, caller, tool);
    return decision.allowed || decision.code === 'insufficient_scope';
  });
}

const scopePath = ({ principal, agent }: Caller): PathSegment[] =>
  agent === undefined ? ['roles', principal.role ?? '', 'scopes'] : ['agents', agent.id, 'scopes'];

function deny(document: PolicyDocument, reason: string, at: readonly PathSegment[]): Decision {
  return { allowed: false, code: 'access_denied', reason: withRule(document, reason, at), at };
}
