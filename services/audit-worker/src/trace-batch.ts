import { type ReadBatch, tracesOf } from '@causeway/audit';
import { ATTRIBUTE, failSpan, SPAN } from '@causeway/runtime';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';

const ATTRIBUTES = { [ATTRIBUTE.serviceName]: 'audit-worker' };

type Accepted = Pick<Extract<ReadBatch, { ok: true }>, 'batch' | 'records'>;

/**
 * One span for the batch, linked to the spans of its events; and one in each of their traces, so that whoever looks at a call sees when its
 * record was stored.
 */
export async function traceBatch<T>({ batch, records }: Accepted, work: () => Promise<T>): Promise<T> {
  const tracer = trace.getTracer('causeway');
  const contexts = tracesOf(batch);
  const startTime = Date.now();
  const span = tracer.startSpan(
    SPAN.auditProcess,
    { kind: SpanKind.CONSUMER, startTime, attributes: ATTRIBUTES, links: contexts.map((context) => ({ context })) },
    ROOT_CONTEXT,
  );
  try {
    const result = await work();
    const requests = new Map(records.map(({ trace_id: traceId, request_id: requestId }) => [traceId, requestId]));
    for (const context of contexts) {
      const parent = trace.setSpanContext(ROOT_CONTEXT, context);
      const links = [{ context: span.spanContext() }];
      const attributes = { ...ATTRIBUTES, [ATTRIBUTE.requestId]: requests.get(context.traceId) };
      tracer.startSpan(SPAN.auditStore, { kind: SpanKind.CONSUMER, startTime, attributes, links }, parent).end();
    }
    return result;
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}
