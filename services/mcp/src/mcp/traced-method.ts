import { ATTRIBUTE } from '@causeway/runtime';
import type { JSONRPCRequest } from '@modelcontextprotocol/server';
import { SpanStatusCode } from '@opentelemetry/api';
import { startServerSpan } from '../call/server-span.ts';
import type { JsonRpcResponse } from './exchange.ts';
import type { McpRequest } from './tool-host.ts';

/** What a client may ask beside calls, which have spans of their own. A closed list: a caller must not make names of spans. */
const METHODS: ReadonlySet<string> = new Set(['initialize', 'ping', 'server/discover', 'tools/list']);

type Dispatch = () => Promise<JsonRpcResponse | undefined>;

/** One message of the protocol in a span named after its method. */
export async function tracedMethod(
  service: string,
  { message, request }: { readonly message: JSONRPCRequest; readonly request: McpRequest },
  dispatch: Dispatch,
): Promise<JsonRpcResponse | undefined> {
  const { method, params } = message;
  if (!METHODS.has(method)) return dispatch();
  const startedAt = performance.now();
  const attributes = { [ATTRIBUTE.mcpMethod]: method };
  const { _meta: meta } = params ?? {};
  const span = startServerSpan({ service, name: method, attributes, traceparent: meta?.['traceparent'], request });
  try {
    const response = await dispatch();
    const { error } = response ?? {};
    if (error !== undefined) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      // The conventions: the code of JSON-RPC, as text.
      span.setAttribute(ATTRIBUTE.errorType, String(error.code));
    }
    return response;
  } finally {
    span.setAttribute(ATTRIBUTE.latencyMs, performance.now() - startedAt);
    span.end();
  }
}
