import type { Caller, Scope } from '@causeway/core';
import { accessOfGroups } from './access.ts';
import { decideTool } from './decide-tool.ts';
import { groupsOfHuman, groupsOfRole } from './groups.ts';
import { own } from './own.ts';
import type { PolicyDocument } from './policy-document.ts';
import type { PathSegment } from './problem.ts';
import { type Rule, ruleAt } from './rule.ts';
import { type Policy } from './schema.ts';
import { type ToolName, TOOLS } from './tools.ts';

export interface Verdict {
  readonly name: string;
  readonly allowed: boolean;
  /** What the rule says: `all`, a condition, `real`, `masked`, or why not. */
  readonly says: string;
  readonly rule: Rule;
}

/** What somebody may do, and the rule behind each answer. */
export interface Explanation {
  readonly who: string;
  readonly principal: string | undefined;
  readonly groups: readonly string[];
  readonly scopes: readonly Scope[];
  readonly tools: readonly Verdict[];
  readonly rows: readonly Verdict[];
  readonly columns: readonly Verdict[];
  readonly connections: readonly Verdict[];
}

/** A role, as somebody has it who comes with every scope of it. Undefined when there is no such role. */
export function explainRole(document: PolicyDocument, role: string): Explanation | undefined {
  const { policy } = document;
  const definition = own(policy.roles, role);
  if (definition === undefined) return undefined;
  const caller = someoneWith(policy, role);
  const groups = groupsOfRole(policy, role);
  return {
    who: `role ${role}`,
    principal: definition.principal,
    groups,
    scopes: definition.scopes,
    tools: TOOLS.map((tool) => toolVerdict(document, caller, tool)),
    ...engineVerdicts(document, groups),
  };
}

/** One of the platform's own people: the engine alone decides, by their groups. Undefined when the policy does not name them. */
export function explainHuman(document: PolicyDocument, email: string): Explanation | undefined {
  const groups = groupsOfHuman(document.policy, email);
  if (groups === undefined) return undefined;
  const { tools } = accessOfGroups(document.policy, groups);
  const toolRule = (tool: ToolName): Verdict => {
    const allowed = tools.includes(tool);
    const says = allowed ? 'granted to one of the groups' : 'granted to none of the groups';
    return { name: tool, allowed, says, rule: ruleAt(document, ['tools', tool]) };
  };
  return {
    who: `human ${email.toLowerCase()} of the workspace`,
    principal: email.toLowerCase(),
    groups,
    scopes: [],
    tools: TOOLS.map(toolRule),
    ...engineVerdicts(document, groups),
  };
}

/** A caller with a role and nothing that stands in their way but the role itself. */
function someoneWith(policy: Policy, role: string): Caller {
  const definition = own(policy.roles, role);
  return {
    pattern: 'federation',
    human: { issuer: policy.providers[0]?.issuer ?? '', subject: '', email: undefined, idp: '' },
    agent: undefined,
    principal: { id: definition?.principal ?? '', role, groups: groupsOfRole(policy, role) },
    scopes: definition?.scopes ?? [],
    expiresAt: new Date(0),
    tokenId: '',
  };
}

function toolVerdict(document: PolicyDocument, caller: Caller, tool: ToolName): Verdict {
  const decision = decideTool(document, caller, tool);
  const says = decision.allowed ? 'allowed' : `${decision.code}: ${decision.reason}`;
  return { name: tool, allowed: decision.allowed, says, rule: ruleAt(document, decision.at) };
}

function engineVerdicts(
  document: PolicyDocument,
  groups: readonly string[],
): Pick<Explanation, 'rows' | 'columns' | 'connections'> {
  const { policy } = document;
  const access = accessOfGroups(policy, groups);
  const verdict = (
    name: string,
    [allowed, says]: readonly [boolean, string],
    path: readonly PathSegment[],
  ): Verdict => ({
    name,
    allowed,
    says,
    rule: ruleAt(document, path),
  });
  return {
    rows: Object.keys(policy.data).flatMap((relation) => {
      const deciding = groups.filter((group) => own(policy.data, relation)?.rows[group] !== undefined);
      if (deciding.length === 0)
        return [verdict(relation, [false, 'no rows: no group has an entry'], ['data', relation, 'rows'])];
      return deciding.map((group) => {
        const says = own(policy.data, relation)?.rows[group] ?? '';
        return verdict(relation, [true, says], ['data', relation, 'rows', group]);
      });
    }),
    columns: Object.keys(policy.data).flatMap((relation) =>
      Object.keys(own(policy.data, relation)?.masks ?? {}).map((column) => {
        const real = access.relations[relation]?.visible.includes(column) === true;
        return verdict(`${relation}.${column}`, [real, real ? 'real' : 'masked'], ['data', relation, 'masks', column]);
      }),
    ),
    connections: Object.keys(policy.connections).map((name) => {
      const allowed = access.connections.includes(name);
      return verdict(name, [allowed, allowed ? 'granted' : 'not granted'], ['connections', name, 'grants']);
    }),
  };
}
