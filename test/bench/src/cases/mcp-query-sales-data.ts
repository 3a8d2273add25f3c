import { mcpCallCase } from './mcp-call.ts';

export const benchCase = mcpCallCase({
  name: 'mcp-query-sales-data',
  what: 'query_sales_data, ten rows by an index, the whole way: token, role, limit, row policy, mask, audit, log line',
  tool: 'query_sales_data',
  args: { region: 'WEST', order_by: 'amount', limit: 10 },
  isRight: ({ rows }) => Array.isArray(rows) && rows.length === 10 && (rows[0] as { region: string }).region === 'WEST',
});
