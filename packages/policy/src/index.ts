export { emailClaims, roleClaim, tenantClaim } from './claim-presets.ts';
export { type Access, accessOfCaller, accessOfGroups } from './access.ts';
export { decideTool, toolsOf } from './decide-tool.ts';
export { diffPolicies, type PolicyChange, type PolicyDiff } from './diff-policies.ts';
export { explainHuman, type Explanation, explainRole, type Verdict } from './explain.ts';
export { groupsOfHuman, groupsOfRole } from './groups.ts';
export { mapClaims, type MappedClaims } from './map-claims.ts';
export { type Rule, ruleAt } from './rule.ts';
export { scopesOf, standingOf } from './standing.ts';
export { checkPolicy, parsePolicy, type PolicyResult } from './parse-policy.ts';
export { missingFiles } from './missing-files.ts';
export type { PolicyDocument } from './policy-document.ts';
export { openPolicyStore } from './open-policy-store.ts';
export { readPolicyFile, resolvePolicyFile } from './policy-file.ts';
export { policyReference } from './policy-reference.ts';
export { PolicyStore } from './policy-store.ts';
export { providerSettings } from './provider-settings.ts';
export { formatProblem, PolicyRefused, type Problem } from './problem.ts';
export { reportWarnings } from './report-warnings.ts';
export type { Revocations } from './revocations.ts';
export type { Policy, Provider } from './schema.ts';
export { compileDatabricks } from './sql/compile-databricks.ts';
export { compilePostgres } from './sql/compile-postgres.ts';
export { databricksIdentifier, databricksString } from './sql/dialects.ts';
export { allGroups } from './sql/postgres-roles.ts';
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
} from './sql/postgres-governance.ts';
export { GATEWAY_ROLE, humanRole, OWNER_ROLE, VIEWS_ROLE } from './sql/role-names.ts';
export { isToolName, TOOL_DATASETS, TOOL_SCOPES, type ToolName, TOOLS } from './tools.ts';
