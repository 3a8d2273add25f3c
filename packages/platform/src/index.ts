export type { Action as GovernanceAction } from './governance/action.ts';
export { applyGovernance, type ApplyOptions, type ApplyReport } from './governance/apply-governance.ts';
export type { Foundation } from './governance/foundation.ts';
export { loadSampleData, type LoadedTable } from './governance/load-sample-data.ts';
export type {
  Answer,
  DocumentSearch,
  FoundDocument,
  Granted,
  OutsideApi,
  OutsideCall,
  Platform,
  PlatformConnections,
  PlatformHealth,
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
export { type MachineSql, type MachineSqlOptions, openMachineSql } from './databricks/machine-sql.ts';
export { createMachineTokens, type MachineTokensOptions } from './databricks/oauth/machine-tokens.ts';
export type { AssertPrincipal, AssertionRequest } from './databricks/oauth/exchange-assertion.ts';
export type { PlatformToken } from './databricks/oauth/token-cache.ts';
export { TokenEndpoint, type TokenEndpointOptions } from './databricks/oauth/token-endpoint.ts';
export { workspaceVariables } from './databricks/workspace-variables.ts';
export { createWorkspaceCalls, type ScopedTokens, type WorkspaceClient } from './databricks/http/workspace-client.ts';
export type { WorkspaceCall, WorkspaceCalls } from './databricks/workspace-call.ts';
export { createPostgresPlatform, type PostgresPlatformOptions } from './postgres/postgres-platform.ts';
export { loadSemanticModel } from './postgres/analyst/model/load-semantic-model.ts';
export { parseSemanticModel } from './postgres/analyst/model/parse-semantic-model.ts';
export type { SemanticModel } from './postgres/analyst/model/semantic-model.ts';
export type { PolicyAccess } from './postgres/policy-access.ts';
