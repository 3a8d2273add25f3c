import type { IncomingHttpHeaders } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/server';

/** SEP-2243: the member of `params` that `Mcp-Name` repeats. No tool of ours has `x-mcp-header` parameters. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

/**
 * What is wrong with the headers that repeat the body, or undefined. Proxies route by them, so a difference would show them
 * another request than ours (Streamable HTTP 2026-07-28: MUST reject with -32020).
 */
export function headerProblem(headers: IncomingHttpHeaders, { method, params }: JSONRPCRequest): string | undefined {
  if (headers['mcp-protocol-version'] === undefined) return 'the required MCP-Protocol-Version header is absent';
  if (headers['mcp-method'] === undefined) return 'the required Mcp-Method header is absent';
  const field = NAMED.get(method);
  if (field === undefined) return undefined;
  const value = params?.[field];
  return nameProblem(headers['mcp-name'], { field, named: typeof value === 'string' ? value : undefined });
}

function nameProblem(
  header: string | string[] | undefined,
  { field, named }: { readonly field: string; readonly named: string | undefined },
): string | undefined {
  if (header === undefined) {
    return named && `the body carries params.${field} but the required Mcp-Name header is absent`;
  }
  const said = decodeName(String(header));
  if (said === undefined) return 'the Mcp-Name header carries an invalid Base64 sentinel value';
  return named === undefined || said === named ? undefined : `the Mcp-Name header disagrees with params.${field}`;
}

const SENTINEL = /^=\?base64\?(.*)\?=$/s;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Plain text, or text that no header can hold, in Base64 between sentinels. Undefined when those hold something else. */
function decodeName(header: string): string | undefined {
  const text = header.replace(/^[ \t]+|[ \t]+$/g, '');
  const encoded = SENTINEL.exec(text)?.[1];
  if (encoded === undefined) return text;
  return BASE64.test(encoded) ? Buffer.from(encoded, 'base64').toString() : undefined;
}
