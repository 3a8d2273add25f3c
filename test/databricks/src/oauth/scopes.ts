/** The scopes of the workspace that a client may ask for (docs.databricks.com/api/workspace/api/scopes, and the pairs that Azure adds). */
export const WORKSPACE_SCOPES: ReadonlySet<string> = new Set([
  'all-apis',
  'sql',
  'genie',
  'dashboards.genie',
  'model-serving',
  'vector-search',
  'unity-catalog',
  'iam.current-user:read',
  'iam.access-control:read',
  'scim',
  'identity',
  'workspace',
  'offline_access',
]);
