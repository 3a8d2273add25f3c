import type { Caller } from '@causeway/core';
import { ATTRIBUTE, callerAttributes, extractTraceContext } from '@causeway/runtime';
import { type Attributes, context, type Span, SpanKind, trace } from '@opentelemetry/api';

export interface ServerSpan {
  readonly service: string;
  readonly name: string;
  readonly attributes: Attributes;
  /** `_meta.traceparent`, as the client wrote it. */
  readonly traceparent: unknown;
  readonly request: { readonly caller: Caller; readonly requestId: string };
}

/** The span of a message. MCP's semantic conventions: the parent is the span that `_meta` names, and the HTTP request is linked. */
export function startServerSpan({ service, name, attributes, traceparent, request }: ServerSpan): Span {
  const remote = extractTraceContext(traceparent);
  const http = trace.getActiveSpan()?.spanContext();
  const parent = remote === undefined ? context.active() : trace.setSpanContext(context.active(), remote);
  return trace.getTracer('causeway').startSpan(
    name,
    {
      kind: SpanKind.SERVER,
      links: remote !== undefined && http !== undefined ? [{ context: http }] : [],
      attributes: {
        ...attributes,
        [ATTRIBUTE.serviceName]: service,
        [ATTRIBUTE.requestId]: request.requestId,
        ...callerAttributes(request.caller),
      },
    },
    parent,
  );
}
