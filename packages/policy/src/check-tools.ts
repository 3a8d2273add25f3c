import { groupsOfRole } from './groups.ts';
import { own } from './own.ts';
import { KEY_WARNING, type PolicyCheck, WARNING } from './policy-check.ts';
import { GITHUB_CONNECTION, missingFor } from './tool-needs.ts';
import { isToolName, TOOL_DATASETS, TOOL_SCOPES, type ToolName } from './tools.ts';

/** Tools that would be given in vain: to a role that has no scope, no rows or no connection for them. */
export function checkTools({ draft, report }: PolicyCheck): void {
  for (const [tool, roles] of Object.entries(draft.tools)) {
    if (!isToolName(tool) || roles.length === 0) continue;
    const missing = missingFor(draft, tool);
    if (missing !== undefined) report(['tools', tool], `will not be listed: the policy lacks ${missing}`, KEY_WARNING);
    roles.forEach((role, index) => {
      if (own(draft.roles, role) === undefined) return;
      const reason = uselessFor(draft, tool, role);
      if (reason !== undefined) report(['tools', tool, index], `"${role}" ${reason}`, WARNING);
    });
  }
}

type Draft = PolicyCheck['draft'];

function uselessFor(draft: Draft, tool: ToolName, role: string): string | undefined {
  const scope = TOOL_SCOPES[tool];
  if (scope !== undefined && own(draft.roles, role)?.scopes.includes(scope) !== true) {
    return `cannot call it: the role does not have the scope "${scope}"`;
  }
  const groups = groupsOfRole(draft, role);
  const relation = own(draft.datasets, TOOL_DATASETS[tool]?.dataset ?? '')?.relation ?? '';
  const governed = own(draft.data, relation);
  if (governed !== undefined && !groups.some((group) => Object.hasOwn(governed.rows, group))) {
    return `gets nothing from it: none of its groups sees a row of ${relation}`;
  }
  return withoutConnection(draft, tool, groups);
}

function withoutConnection(draft: Draft, tool: ToolName, groups: readonly string[]): string | undefined {
  const granted = Object.entries(draft.connections).filter(([, { grants }]) =>
    groups.some((group) => grants.includes(group)),
  );
  if (tool === 'github_search' && granted.every(([name]) => name !== GITHUB_CONNECTION)) {
    return `cannot use it: none of its groups is granted the connection "${GITHUB_CONNECTION}"`;
  }
  return tool === 'external_api_call' && granted.length === 0
    ? 'cannot use it: none of its groups is granted a connection'
    : undefined;
}
