import { workspaceVariables } from '@causeway/platform';
import { oneOf, optional, secret, type SettingProblem, type Settings, text } from '@causeway/runtime';

/** What `PLATFORM=databricks` needs to know. */
export const DATABRICKS_VARIABLES = {
  ...workspaceVariables('everybody needs CAN USE on it'),
  databricksGenieSpaceId: optional(
    text('DATABRICKS_GENIE_SPACE_ID', { description: 'The Genie space. Without it nobody is offered `genie_query`.' }),
  ),
  databricksGenieScope: text('DATABRICKS_GENIE_SCOPE', {
    description: 'What a token for Genie is asked for; on Azure `genie dashboards.genie`.',
    default: 'genie',
  }),
  databricksSearchIndex: optional(
    text('DATABRICKS_SEARCH_INDEX', {
      description: 'The search index, catalog.schema.name. Without it nobody is offered `query_knowledge_base`.',
    }),
  ),
  databricksSearchEndpoint: optional(
    text('DATABRICKS_SEARCH_ENDPOINT', {
      description: 'Its endpoint: then the newer AI Search API is used, and DATABRICKS_WORKSPACE_ID must be set.',
    }),
  ),
  databricksWorkspaceId: optional(
    text('DATABRICKS_WORKSPACE_ID', {
      description: 'The number of the workspace, for the AI Search API and for a host that is that of several.',
    }),
  ),
  databricksSearchScope: text('DATABRICKS_SEARCH_SCOPE', {
    description: 'What a token for the search index is asked for.',
    default: 'vector-search',
  }),
  databricksSearchQueryType: oneOf('DATABRICKS_SEARCH_QUERY_TYPE', ['ANN', 'HYBRID', 'FULL_TEXT'], {
    description: 'How the index is asked.',
    default: 'HYBRID',
  }),
  databricksSupervisorEndpoint: optional(
    text('DATABRICKS_SUPERVISOR_ENDPOINT', {
      description: 'The serving endpoint of a supervisor. Without it this service plans itself.',
    }),
  ),
  databricksConnections: oneOf('DATABRICKS_CONNECTIONS', ['proxy', 'http_request'], {
    description: 'How Unity Catalog reaches outside APIs: by its connection proxy, or by the SQL function.',
    default: 'proxy',
  }),
  portalClientKey: optional(
    secret('PORTAL_CLIENT_KEY', {
      description:
        'Private key (JWK, P-256) of the client `causeway-mcp`, which asks the portal to speak for principals.',
    }),
  ),
};

type DatabricksSettings = Pick<Settings<typeof DATABRICKS_VARIABLES>, keyof typeof DATABRICKS_VARIABLES>;

interface Seen extends Partial<DatabricksSettings> {
  readonly oboListen?: unknown;
}

/** A workspace that is whole. Without the key nobody but the workspace's own people can be shown to it. */
export function databricksProblems(settings: Seen): SettingProblem[] {
  const hasEndpoint = settings.databricksSearchEndpoint !== undefined;
  const needed: readonly (readonly [variable: string, key: keyof DatabricksSettings])[] = [
    ['DATABRICKS_HOST', 'databricksHost'],
    ['DATABRICKS_WAREHOUSE_ID', 'databricksWarehouseId'],
    ...(settings.oboListen === undefined ? [['PORTAL_CLIENT_KEY', 'portalClientKey'] as const] : []),
    ...(hasEndpoint ? [['DATABRICKS_WORKSPACE_ID', 'databricksWorkspaceId'] as const] : []),
    ...(hasEndpoint ? [['DATABRICKS_SEARCH_INDEX', 'databricksSearchIndex'] as const] : []),
  ];
  // What was set and wrong is not among the settings, and has been reported by its own name.
  return needed.flatMap(([variable, key]) =>
    key in settings && settings[key] === undefined ? [{ variable, problem: 'is not set' }] : [],
  );
}
