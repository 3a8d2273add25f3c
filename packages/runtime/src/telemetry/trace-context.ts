import { isSpanContextValid, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';

/** What travels in headers, in MCP `_meta`, or in a queued job. */
export interface TraceCarrier {
  readonly traceparent?: string;
}

// W3C Trace Context §3.2: version ff is invalid, and only versions after 00 may have more than four fields.
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/**
 * The span that a `traceparent` names. Only its ids are taken: the sampling flag would let a caller switch our recording on or off,
 * and tracestate and baggage would carry a stranger's text onwards.
 */
export function extractTraceContext(traceparent: unknown): SpanContext | undefined {
  if (typeof traceparent !== 'string' || traceparent.length > 200) return undefined;
  const [, version, traceId = '', spanId = '', more] = TRACEPARENT.exec(traceparent) ?? [];
  if (version === '00' && more !== undefined) return undefined;
  const span = { traceId, spanId, traceFlags: TraceFlags.NONE, isRemote: true };
  return isSpanContextValid(span) ? span : undefined;
}

/** The current span, for the next hop; empty when nothing is traced. */
export function currentTraceCarrier(): TraceCarrier {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  const flags = (span.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0');
  return { traceparent: `00-${span.traceId}-${span.spanId}-${flags}` };
}
