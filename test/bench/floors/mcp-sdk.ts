import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { StartServer } from '../src/bench-case.ts';
import { listen } from './listen.ts';
import { openTools, type ToolName } from './mcp-tools.ts';

const INPUT = z.strictObject({
  region: z.string().optional(),
  order_by: z.string().optional(),
  limit: z.number().optional(),
});

/** The SDK as its documentation shows it, with tools that answer from the same SQL. No token, no limit, no audit, no log. */
export const startServer: StartServer = ({ DATABASE_URL = '' }) => {
  const tools = openTools(DATABASE_URL);
  const handler = toNodeHandler(
    createMcpHandler(
      () => {
        const server = new McpServer({ name: 'floor', version: '1' }, { capabilities: { tools: {} } });
        for (const name of ['check_identity', 'query_sales_data'] as const satisfies ToolName[]) {
          server.registerTool(name, { description: name, inputSchema: INPUT }, async ({ region = '', limit = 10 }) => ({
            content: [{ type: 'text', text: JSON.stringify(await tools.call(name, { region, limit })) }],
          }));
        }
        return server;
      },
      { responseMode: 'json' },
    ),
  );
  return listen(createServer((request, response) => void handler(request as Parameters<typeof handler>[0], response)));
};
