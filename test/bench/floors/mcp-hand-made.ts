import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { StartServer } from '../src/bench-case.ts';
import { listen } from './listen.ts';
import { openTools, type ToolName, type Tools } from './mcp-tools.ts';

interface Call {
  readonly id: number;
  readonly params: { readonly name: ToolName; readonly arguments: object };
}

/** JSON-RPC by hand over the same SQL: no protocol check, no schema, no token, no limit, no audit, no log. */
export const startServer: StartServer = ({ DATABASE_URL = '' }) => {
  const tools = openTools(DATABASE_URL);
  return listen(createServer((request, response) => void answer(tools, request, response)));
};

async function answer(tools: Tools, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { id, params } = JSON.parse(Buffer.concat(chunks).toString()) as Call;
  const text = JSON.stringify(await tools.call(params.name, params.arguments));
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
