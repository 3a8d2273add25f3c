import type { RequestId } from '@modelcontextprotocol/server';
import type { JsonRpcError, JsonRpcResponse } from './exchange.ts';

/** What goes back over HTTP. */
export interface McpReply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The JSON-RPC errors that it holds: attempts that no tool has seen. */
  readonly errors: readonly JsonRpcError[];
}

export const ACCEPTED: McpReply = { status: 202, errors: [] };

export function errorReply(status: number, error: JsonRpcError, id: RequestId | null = null): McpReply {
  return { status, body: JSON.stringify({ jsonrpc: '2.0', id, error }), errors: [error] };
}

/** The id under which a refused body can be answered: only a request has one. */
export function idOf(body: unknown): RequestId | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const { method, id } = body as { method?: unknown; id?: unknown };
  return typeof method === 'string' && (typeof id === 'string' || typeof id === 'number') ? id : null;
}

interface ReplyOptions {
  readonly status?: number | undefined;
  readonly isBatch?: boolean;
}

export function replyOf(
  responses: readonly JsonRpcResponse[],
  { status = 200, isBatch = false }: ReplyOptions = {},
): McpReply {
  const texts = responses.map(serialize);
  const errors = responses.flatMap(({ error }) => error ?? []);
  return { status, body: isBatch ? `[${texts.join(',')}]` : (texts[0] ?? ''), errors };
}

function serialize(response: JsonRpcResponse): string {
  const { id, error, result = {} } = response;
  if (error !== undefined) return JSON.stringify({ jsonrpc: '2.0', id, error });
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${serializeResult(result)}}`;
}

/** The text block of a tool's result is the JSON of its structured content, so that is not made a second time. */
function serializeResult({ structuredContent, ...rest }: Readonly<Record<string, unknown>>): string {
  const text = structuredContent === undefined ? undefined : (rest['content'] as [{ text: string }])[0].text;
  const json = JSON.stringify(rest);
  return text === undefined ? json : `${json.slice(0, -1)},"structuredContent":${text}}`;
}
