export { emailClaims, roleClaim, tenantClaim } from './claim-presets.ts';
export { exposedColumns } from './exposed-columns.ts';
export { type Access, accessOfCaller, accessOfGroups, type RelationAccess } from './access.ts';
export { decideTool, type Decision, toolsOf } from './decide-tool.ts';
export { diffPolicies, type PolicyChange, type PolicyDiff } from './diff-policies.ts';
export { explainHuman, type Explanation, explainRole, toolVerdict, type Verdict } from './explain.ts';
export { groupsOfHuman, groupsOfRole } from './groups.ts';
export { type ClaimsRefusal, mapClaims, type MappedClaims } from './map-claims.ts';
export { type Rule, ruleAt } from './rule.ts';
export { scopesOf, type Standing, standingOf, type StandingRefusal } from './standing.ts';
export { checkPolicy, type ParseOptions, parsePolicy, type PolicyResult } from './parse-policy.ts';
export { missingFiles } from './missing-files.ts';
export type { PolicyDocument } from './policy-document.ts';
export { openPolicyStore } from './open-policy-store.ts';
export { readPolicyFile, resolvePolicyFile } from './policy-file.ts';
export { policyReference } from './policy-reference.ts';
export {
  type PolicyChanged,
  type PolicyHealth,
  type PolicyRefusal,
  PolicyStore,
  type PolicyStoreDeps,
} from './policy-store.ts';
export { providerSettings } from './provider-settings.ts';
export { formatProblem, PolicyRefused, type Position, type Problem } from './problem.ts';
export type { Revocable, Revocations } from './revocations.ts';
export { policySchema, type Policy, type Provider } from './schema.ts';
export { checkPredicate, type PredicateCheck } from './sql/check-predicate.ts';
export { compileDatabricks, type DatabricksGovernance, type DatabricksOptions } from './sql/compile-databricks.ts';
export { type CompileOptions, compilePostgres, type EnginePolicy } from './sql/compile-postgres.ts';
export { databricksIdentifier, databricksString } from './sql/dialects.ts';
export { allGroups } from './sql/postgres-roles.ts';
export { decisionTable, type GroupDecision } from './sql/decision-table.ts';
export { dropStatement } from './sql/drop-statement.ts';
export { MARK_PREFIX } from './sql/marked.ts';
export { renderDatabricks } from './sql/render-databricks.ts';
export { renderPostgres } from './sql/render-postgres.ts';
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
