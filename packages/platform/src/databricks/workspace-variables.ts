import { networkSetting, optional, text, url, type Variable } from '@causeway/runtime';
import { z } from 'zod';

const hostUrl = url('DATABRICKS_HOST', {
  description: 'The workspace, such as https://dbc-1234.cloud.databricks.com.',
});

/** Databricks Apps give it without a scheme. */
const host: Variable<string> = {
  ...hostUrl,
  expects: 'the URL of a workspace, or its host name',
  schema: z
    .string()
    .transform((written) => (/^https?:/i.test(written) ? written : `https://${written}`))
    .pipe(hostUrl.schema),
};

/** Which workspace, warehouse and catalog. `warehouseUse` says who needs the warehouse. */
export function workspaceVariables(warehouseUse: string) {
  return {
    databricksHost: optional(host),
    databricksNetwork: optional(
      networkSetting(
        'DATABRICKS_NETWORK',
        'Where the workspace’s address may be. Without it: `public`, or loopback for a host that is loopback.',
      ),
    ),
    databricksWarehouseId: optional(
      text('DATABRICKS_WAREHOUSE_ID', { description: `The SQL warehouse; ${warehouseUse}.` }),
    ),
    databricksCatalog: text('DATABRICKS_CATALOG', {
      description: 'The catalog that holds the relations of the policy, and the schemas `causeway` and `audit`.',
      default: 'main',
    }),
  };
}
