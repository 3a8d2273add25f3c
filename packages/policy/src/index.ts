export { exposedColumns } from './exposed-columns.ts';
export { policySchema, type Policy, type Provider } from './schema.ts';
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
export { isToolName, TOOL_DATASETS, TOOL_SCOPES, type ToolDataset, type ToolName, TOOLS } from './tools.ts';
