export type { Action as GovernanceAction } from './governance/action.ts';
export { applyGovernance, type ApplyReport } from './governance/apply-governance.ts';
export { loadSampleData } from './governance/load-sample-data.ts';
export type {
  Answer,
  FoundDocument,
  OutsideApi,
  OutsideCall,
  Platform,
  PlatformIdentity,
  PlatformSession,
  QueryOptions,
  Question,
  RequestContext,
  SqlDialect,
  SqlValue,
  Statement,
  SupervisorAnswer,
} from './platform.ts';
export { type Analyst, createAnalyst } from './postgres/analyst/analyst.ts';
export { maskedFor } from './postgres/masked-for.ts';
export { createDatabricksPlatform, type DatabricksPlatformOptions } from './databricks/databricks-platform.ts';
export { type MachineSql, openMachineSql } from './databricks/machine-sql.ts';
export { machineWorkspaceProblems, openAuditWorkspace } from './databricks/machine-workspace.ts';
export type { AssertPrincipal } from './databricks/oauth/exchange-assertion.ts';
export { workspaceVariables } from './databricks/workspace-variables.ts';
export { createPostgresPlatform } from './postgres/postgres-platform.ts';
export { loadSemanticModel } from './postgres/analyst/model/load-semantic-model.ts';
export type { SemanticModel } from './postgres/analyst/model/semantic-model.ts';
