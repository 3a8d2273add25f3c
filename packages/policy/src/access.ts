import type { Caller, Scope } from '@causeway/core';
import { exposedColumns } from './exposed-columns.ts';
import { groupsOfHuman, groupsOfRole } from './groups.ts';
import { own } from './own.ts';
import type { Policy } from './schema.ts';
import { missingFor } from './tool-needs.ts';
import { type ToolName, TOOLS } from './tools.ts';

export interface RelationAccess {
  /** `all`, or conditions of which one must hold. Nobody has an entry without rows. */
  readonly rows: 'all' | readonly string[];
  readonly visible: readonly string[];
  readonly masked: readonly string[];
}

/** What somebody can reach, all in all. */
export interface Access {
  readonly tools: readonly ToolName[];
  readonly scopes: readonly Scope[];
  readonly relations: Readonly<Record<string, RelationAccess>>;
  readonly connections: readonly string[];
}

const NOTHING: Access = { tools: [], scopes: [], relations: {}, connections: [] };

export function accessOfRole(policy: Policy, name: string): Access {
  const role = own(policy.roles, name);
  if (role === undefined || policy.revoked.roles.includes(name)) return NOTHING;
  const tools = TOOLS.filter(
    (tool) => policy.tools[tool]?.includes(name) === true && missingFor(policy, tool) === undefined,
  );
  return { ...accessOfGroups(policy, groupsOfRole(policy, name)), tools, scopes: role.scopes };
}

/** The platform's own people have groups, everybody else a role. */
export function accessOfCaller(policy: Policy, { pattern, human, principal }: Caller): Access {
  if (pattern !== 'obo') return accessOfRole(policy, principal.role ?? '');
  return accessOfGroups(policy, groupsOfHuman(policy, human?.email ?? '') ?? []);
}

/** Groups of the platform's own people: the engine opens the tools of each group, and there are no scopes. */
export function accessOfGroups(policy: Policy, groups: readonly string[]): Access {
  const isAmong = (names: readonly string[] | undefined) => names?.some((name) => groups.includes(name)) === true;
  const relations = Object.keys(policy.data).map(
    (relation) => [relation, relationAccess(policy, relation, groups)] as const,
  );
  return {
    tools: TOOLS.filter((tool) => isAmong(policy.tools[tool]) && missingFor(policy, tool) === undefined),
    scopes: [],
    relations: Object.fromEntries(
      relations.flatMap(([name, access]) => (access === undefined ? [] : [[name, access]])),
    ),
    connections: Object.keys(policy.connections).filter((name) => isAmong(own(policy.connections, name)?.grants)),
  };
}

function relationAccess(policy: Policy, relation: string, groups: readonly string[]): RelationAccess | undefined {
  const { rows, masks } = own(policy.data, relation) ?? { rows: {}, masks: {} };
  const predicates = [...new Set(groups.flatMap((group) => own(rows, group) ?? []))].toSorted();
  if (predicates.length === 0) return undefined;
  const isMasked = (column: string) => own(masks, column)?.visibleTo.some((group) => groups.includes(group)) === false;
  const columns = exposedColumns(policy, relation);
  return {
    rows: predicates.includes('all') ? 'all' : predicates,
    visible: columns.filter((column) => !isMasked(column)),
    masked: columns.filter(isMasked),
  };
}
