import { z } from 'zod';

import { CommandError, EXIT_NO } from './command-error.ts';

export interface McpCall {
  readonly url: string;
  /** What proves the caller. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tool: string;
  readonly args: unknown;
  readonly signal: AbortSignal;
}

export interface McpCallResult {
  readonly content: unknown;
  readonly failed: boolean;
}

const REVISION = '2026-07-28';

const answered = z.union([
  z.object({ result: z.object({ structuredContent: z.unknown(), isError: z.boolean().optional() }) }),
  // JSON-RPC's own errors, and those of HTTP.
  z.object({ error: z.object({ message: z.string() }) }),
]);

/** One `tools/call` by the current revision of MCP: a request that stands for itself. */
export async function callTool({ url, headers, tool, args, signal }: McpCall): Promise<McpCallResult> {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientInfo': { name: 'causeway', version: '0.1.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(url, {
    method: 'POST',
    signal,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': `=?base64?${Buffer.from(tool).toString('base64')}?=`,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: tool, arguments: args, _meta: meta },
    }),
  }).catch((error: unknown) => {
    throw new CommandError(EXIT_NO, 'the MCP server cannot be reached; is the stack running? (npm start)', error);
  });
  const answer = answered.parse(await response.json());
  if ('error' in answer) throw new CommandError(EXIT_NO, `the MCP server refuses: ${answer.error.message}`);
  return { content: answer.result.structuredContent, failed: answer.result.isError === true };
}
