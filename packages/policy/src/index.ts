export { exposedColumns } from './exposed-columns.ts';
export { policySchema, type Policy, TOOLS, type ToolName } from './schema.ts';
export type {
  GovernedIdentity,
  GovernedObject,
  Grant,
  GrantTarget,
  PostgresGovernance,
  Prerequisite,
  RolePurpose,
} from './sql/postgres-governance.ts';
export { GATEWAY_ROLE, humanRole, OWNER_ROLE, VIEWS_ROLE } from './sql/role-names.ts';
