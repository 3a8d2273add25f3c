import type { Caller } from '@causeway/core';
import type { Attributes } from '@opentelemetry/api';

// MCP's conventions are in development, so their names are pinned here and nowhere else:
// https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md

/** The steps of a request, as spans. */
export const SPAN = {
  auth: 'auth',
  exchange: 'exchange',
  limit: 'limit',
  sql: 'sql',
  ask: 'ask',
  externalApi: 'external_api',
  audit: 'audit',
  auditProcess: 'audit process',
  auditStore: 'audit store',
} as const;

export type SpanName = (typeof SPAN)[keyof typeof SPAN];

/** Every attribute name that a span of ours carries. Dashboards and queries rely on them. */
export const ATTRIBUTE = {
  serviceName: 'service_name',
  requestId: 'request_id',
  tool: 'tool',
  callerEmail: 'caller.email',
  callerRole: 'caller.role',
  latencyMs: 'latency_ms',
  errorCode: 'error_code',
  errorType: 'error.type',
  httpMethod: 'http.request.method',
  httpRoute: 'http.route',
  httpStatus: 'http.response.status_code',
  mcpMethod: 'mcp.method.name',
  toolName: 'gen_ai.tool.name',
  operation: 'gen_ai.operation.name',
  statement: 'db.query.summary',
  connection: 'connection',
} as const;

const TOOLS_CALL = 'tools/call';
const EXECUTE_TOOL = 'execute_tool';

/** What a span says that executes a tool. MLflow shows it as a TOOL for its `gen_ai.operation.name`. */
function toolAttributes(tool: string): Attributes {
  return { [ATTRIBUTE.operation]: EXECUTE_TOOL, [ATTRIBUTE.toolName]: tool, [ATTRIBUTE.tool]: tool };
}

/** The span in which the MCP server answers a call: `{mcp.method.name} {gen_ai.tool.name}`. */
export function toolCallSpan(tool: string): { readonly name: string; readonly attributes: Attributes } {
  return { name: `${TOOLS_CALL} ${tool}`, attributes: { [ATTRIBUTE.mcpMethod]: TOOLS_CALL, ...toolAttributes(tool) } };
}

/** The span of a tool that another tool calls: no message of the protocol, so no `mcp.method.name`. */
export function innerToolSpan(tool: string): { readonly name: string; readonly attributes: Attributes } {
  return { name: `${EXECUTE_TOOL} ${tool}`, attributes: toolAttributes(tool) };
}

/** MCP: the `error.type` of a failure that is told in the tool's result. Which one it is says `error_code`. */
export const TOOL_ERROR = 'tool_error';

/** Who is calling, as far as a trace may know. */
export function callerAttributes({ human, principal }: Caller): Attributes {
  return {
    ...(human?.email !== undefined && { [ATTRIBUTE.callerEmail]: human.email }),
    ...(principal.role !== undefined && { [ATTRIBUTE.callerRole]: principal.role }),
  };
}

interface ConventionalMetric {
  readonly name: string;
  readonly unit: string;
  /** Its labels at `/metrics`, and what the conventions call them. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly constant?: Attributes;
}

/** Metrics that the conventions know. By OTLP they have the conventions' names; all others keep the one of `/metrics`. */
export const CONVENTIONAL_METRICS: Readonly<Record<string, ConventionalMetric>> = {
  http_server_request_duration_seconds: {
    name: 'http.server.request.duration',
    unit: 's',
    attributes: { method: ATTRIBUTE.httpMethod, route: ATTRIBUTE.httpRoute },
  },
  mcp_server_operation_duration_seconds: {
    name: 'mcp.server.operation.duration',
    unit: 's',
    attributes: { tool: ATTRIBUTE.toolName },
    constant: { [ATTRIBUTE.mcpMethod]: TOOLS_CALL },
  },
};
