export type { Action as GovernanceAction } from './governance/action.ts';
export { applyGovernance, type ApplyOptions, type ApplyReport } from './governance/apply-governance.ts';
export type { Foundation } from './governance/foundation.ts';
export { loadSampleData, type LoadedTable } from './governance/load-sample-data.ts';
export type {
  Platform,
  PlatformHealth,
  PlatformSession,
  QueryOptions,
  RequestContext,
  SqlValue,
  Statement,
} from './platform.ts';
export { createPostgresPlatform, type PostgresPlatformOptions } from './postgres/postgres-platform.ts';
export type { PolicyAccess } from './postgres/policy-access.ts';
