import type { Policy } from '../schema.ts';
import { accessRules, columnsRead, type RelationRules } from './access-rules.ts';
import { connectionServer, connectionWrapper } from './postgres-connections.ts';
import type { GovernedObject, Grant, PostgresGovernance } from './postgres-governance.ts';
import { grantObject } from './postgres-grants.ts';
import { governedView, prerequisiteOf, rowPolicy } from './postgres-relations.ts';
import { allGroups, rolesAndMemberships } from './postgres-roles.ts';
import {
  CAUSEWAY_SCHEMA,
  currentEmailFunction,
  digestObject,
  ENGINE_STATE,
  engineStateTable,
  isMemberFunction,
  schemaObject,
  toolFunction,
} from './postgres-schemas.ts';
import { FUNCTION_TOOLS, type FunctionTool, toolGroups } from './tool-groups.ts';
import { GATEWAY_ROLE, VIEWS_ROLE } from './role-names.ts';

/** The parts of a policy that the engine enforces. */
export type EnginePolicy = Pick<Policy, 'roles' | 'tools' | 'datasets' | 'data' | 'connections' | 'workspace'>;

export interface CompileOptions {
  /** Of the policy, for `causeway.engine_state`. Without it none is stored. */
  readonly digest?: string;
}

/** What the policy means on a Postgres server. Refuses a policy that cannot be written whole. */
export async function compilePostgres(
  policy: EnginePolicy,
  { digest }: CompileOptions = {},
): Promise<PostgresGovernance> {
  const rules = await accessRules(policy);
  const connections = Object.keys(policy.connections);
  return {
    preamble: ['SET LOCAL search_path = pg_catalog, pg_temp', 'SET LOCAL standard_conforming_strings = on'],
    objects: [
      ...rolesAndMemberships(policy),
      ...schemasOf(rules).map(schemaObject),
      isMemberFunction(),
      currentEmailFunction(),
      ...FUNCTION_TOOLS.map(toolFunction),
      engineStateTable(),
      ...rules.filter(({ base }) => base.ours).map(rowPolicy),
      ...rules.map(governedView),
      ...(connections.length === 0 ? [] : [connectionWrapper()]),
      ...connections.map(connectionServer),
      ...grantsOf(policy, rules).map(grantObject),
      ...(digest === undefined ? [] : [digestObject(digest)]),
    ] satisfies GovernedObject[],
    prerequisites: rules.filter(({ base }) => !base.ours).map(prerequisiteOf),
  };
}

function schemasOf(rules: readonly RelationRules[]): readonly string[] {
  const bases = rules.filter(({ base }) => base.ours).map(({ base }) => base.schema);
  return [...new Set([CAUSEWAY_SCHEMA, ...bases, ...rules.map(({ schema }) => schema)])];
}

function grantsOf(policy: EnginePolicy, rules: readonly RelationRules[]): readonly Grant[] {
  return [
    ...ownGrants(allGroups(policy)),
    ...FUNCTION_TOOLS.flatMap((tool) => toolGrants(policy, tool)),
    ...relationGrants(rules),
    ...Object.entries(policy.connections).flatMap(([server, { grants }]) =>
      grants.map((grantee) => ({ privilege: 'USAGE' as const, on: { type: 'server' as const, server }, grantee })),
    ),
  ];
}

/** The functions run as the caller, in a view too: who reads a governed view must be able to call them. */
function ownGrants(groups: readonly string[]): readonly Grant[] {
  const schema = CAUSEWAY_SCHEMA;
  const usage = { privilege: 'USAGE', on: { type: 'schema', schema } } as const;
  const isMember = {
    privilege: 'EXECUTE',
    on: { type: 'function', schema, function: 'is_member', args: ['text'] },
  } as const;
  const email = {
    privilege: 'EXECUTE',
    on: { type: 'function', schema, function: 'current_email', args: [] },
  } as const;
  const state = { privilege: 'SELECT', on: { type: 'relation', schema, relation: ENGINE_STATE } } as const;
  return [
    { ...usage, grantee: GATEWAY_ROLE },
    { ...state, grantee: GATEWAY_ROLE },
    ...groups.flatMap((grantee) => [usage, isMember, email].map((grant) => ({ ...grant, grantee }))),
  ];
}

function toolGrants(policy: EnginePolicy, tool: FunctionTool): readonly Grant[] {
  return toolGroups(policy, tool).map((grantee) => ({
    privilege: 'EXECUTE',
    on: { type: 'function', schema: CAUSEWAY_SCHEMA, function: tool, args: [] },
    grantee,
  }));
}

function relationGrants(rules: readonly RelationRules[]): readonly Grant[] {
  const schemas = new Map<string, Set<string>>();
  for (const { schema, rows } of rules) {
    const groups = schemas.get(schema) ?? new Set();
    for (const { group } of rows) groups.add(group);
    schemas.set(schema, groups);
  }
  return [
    ...[...schemas].flatMap(([schema, groups]) =>
      [...groups].map((grantee) => ({ privilege: 'USAGE' as const, on: { type: 'schema' as const, schema }, grantee })),
    ),
    ...rules.flatMap(({ schema, relation, rows }) =>
      rows.map(({ group }) => ({
        privilege: 'SELECT' as const,
        on: { type: 'relation' as const, schema, relation },
        grantee: group,
      })),
    ),
    ...rules.filter(({ base }) => base.ours).map(viewsGrant),
  ];
}

function viewsGrant(rules: RelationRules): Grant {
  const { schema, relation } = rules.base;
  return {
    privilege: 'SELECT',
    on: { type: 'relation', schema, relation, columns: columnsRead(rules) },
    grantee: VIEWS_ROLE,
  };
}
