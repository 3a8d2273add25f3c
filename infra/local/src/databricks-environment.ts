import type { StackPlace } from './local-environment.ts';

/** Where the emulated workspace is, and what its things are called; nothing where the platform is another. */
export function databricksEnvironment({ platform, ports }: StackPlace): Readonly<Record<string, string>> {
  if (platform !== 'databricks') return {};
  return {
    DATABRICKS_HOST: `http://127.0.0.1:${ports.databricks}`,
    DATABRICKS_WAREHOUSE_ID: '4a1f0c7d5e1a52c6',
    DATABRICKS_CATALOG: 'lakehouse',
    DATABRICKS_GENIE_SPACE_ID: '01f08d1a0b7a3a0d9c010000000000aa',
    DATABRICKS_SEARCH_INDEX: 'lakehouse.knowledge.documents_index',
    DATABRICKS_SUPERVISOR_ENDPOINT: 'sales-supervisor',
  };
}
