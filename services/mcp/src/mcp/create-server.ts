import { toAppError } from '@causeway/core';
import {
  type CallToolResult,
  type Implementation,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { CallParams, McpRequest, ToolHost } from './tool-host.ts';

export interface ServerOptions {
  /** As spans name it. */
  readonly service: string;
  readonly info: Implementation;
  readonly host: ToolHost;
  readonly onError: (error: Error) => void;
}

const LIST_TTL_MS = 60_000;

/** A low-level server of one protocol era. It keeps nothing of any request. */
export function createServer(options: ServerOptions, versions: readonly string[]): Server {
  const { info, host, onError } = options;
  const hint = { ttlMs: LIST_TTL_MS, cacheScope: 'private' as const };
  const server = new Server(info, {
    capabilities: { tools: {} },
    cacheHints: { 'tools/list': hint, 'server/discover': hint },
    supportedProtocolVersions: [...versions],
  });
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- no EventTarget.
  server.onerror = onError;
  server.setRequestHandler('tools/list', ({ params }, context) => {
    // There is one page, so nobody was given a cursor.
    if (params?.cursor !== undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown cursor');
    try {
      return { tools: [...host.list(requestOf(context).caller)] };
    } catch (error) {
      throw failed(error, onError);
    }
  });
  server.setRequestHandler('tools/call', ({ params }, context) => {
    if (!host.has(params.name)) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Unknown tool');
    const { signal, _meta } = context.mcpReq;
    const call = { name: params.name, arguments: params.arguments, traceparent: _meta?.['traceparent'], signal };
    return resultOf(options, call, requestOf(context));
  });
  return server;
}

/** What a tool answered, as the protocol has it. Throws nothing but a `ProtocolError`. */
export async function resultOf(
  { host, onError }: Pick<ServerOptions, 'host' | 'onError'>,
  call: CallParams,
  request: McpRequest,
): Promise<CallToolResult> {
  try {
    const { content, json, isError } = await host.call(call, request);
    return { content: [{ type: 'text', text: json }], structuredContent: content, ...(isError && { isError }) };
  } catch (error) {
    throw failed(error, onError);
  }
}

/** The SDK would send the text of the exception. */
function failed(thrown: unknown, onError: ServerOptions['onError']): ProtocolError {
  onError(thrown instanceof Error ? thrown : new Error('a non-error was thrown'));
  return new ProtocolError(ProtocolErrorCode.InternalError, toAppError(thrown).publicMessage);
}

/** Travels through the SDK where it keeps what authentication found. */
export function authInfoOf(request: McpRequest) {
  return { token: '', clientId: request.clientId ?? '', scopes: [], extra: { request } };
}

function requestOf({ http }: ServerContext): McpRequest {
  const { request } = http?.authInfo?.extra ?? {};
  return request as McpRequest;
}
