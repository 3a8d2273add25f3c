import { ERRORS, type AppError } from '@causeway/core';
import { ATTRIBUTE, failSpan, TOOL_ERROR, toolCallSpan } from '@causeway/runtime';
import { context, type Span, trace } from '@opentelemetry/api';
import type { ObservedCall } from './call-metrics.ts';
import { callTool, type CallToolDeps, type CallResult } from './call-tool.ts';
import type { McpRequest, ToolAnswer, ToolHost } from '../mcp/tool-host.ts';
import { startServerSpan } from './server-span.ts';
import { Stages } from './stages.ts';

export interface ToolHostDeps extends CallToolDeps {
  readonly service: string;
  /** Each call, when it is over. */
  readonly onCall: (call: ObservedCall) => void;
}

/** The tools behind the protocol. A call becomes a span of the caller's trace, and whatever comes out of it an answer. */
export function createToolHost(deps: ToolHostDeps): ToolHost {
  const { tools } = deps;
  return {
    has: (name) => tools.has(name),
    list: (caller) =>
      deps
        .policy()
        .toolsOf(caller)
        .flatMap((name) => tools.get(name)?.description ?? []),
    call: async (params, request) => {
      const tool = tools.get(params.name);
      if (tool === undefined) throw new TypeError(`there is no tool ${params.name}`);
      request.tool = tool.name;
      const stages = new Stages();
      const startedAt = performance.now();
      const { traceparent } = params;
      const span = startServerSpan({ service: deps.service, ...toolCallSpan(tool.name), traceparent, request });
      const result = await context.with(trace.setSpan(context.active(), span), () =>
        callTool(deps, { ...request, ...params, tool, hops: 0, stages }),
      );
      const milliseconds = performance.now() - startedAt;
      deps.onCall({ tool: tool.name, role: request.caller.principal.role, result, seconds: milliseconds / 1000 });
      request.timing = stages.header;
      endCallSpan(span, result, milliseconds);
      return answerOf(result, request);
    },
  };
}

function endCallSpan(span: Span, result: CallResult, milliseconds: number): void {
  span.setAttribute(ATTRIBUTE.latencyMs, milliseconds);
  if (!result.ok) {
    failSpan(span, result.error);
    if (!isChallenge(result.error)) span.setAttribute(ATTRIBUTE.errorType, TOOL_ERROR);
  }
  span.end();
}

function answerOf(result: CallResult, request: McpRequest): ToolAnswer {
  if (result.ok) return { content: result.content, json: result.json, isError: false };
  const { error } = result;
  request.failure = error;
  const content = errorContent(error, request.requestId);
  return { content, json: JSON.stringify(content), isError: true };
}

function errorContent({ code, publicMessage, retryAfterMs }: AppError, requestId: string) {
  return {
    error: {
      code,
      message: publicMessage,
      request_id: requestId,
      ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
    },
  };
}

/** Whether HTTP has to tell this refusal, with a challenge: a tool's result cannot. */
export const isChallenge = ({ code }: AppError): boolean => ERRORS[code].mcp === undefined;
