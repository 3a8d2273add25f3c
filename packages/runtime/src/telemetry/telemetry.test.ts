import { AppError } from '@causeway/core';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOwnSampler } from './own-sampler.ts';
import { ATTRIBUTE } from './semantic-conventions.ts';
import { currentTraceCarrier, extractTraceContext } from './trace-context.ts';
import { withLeafSpan, withSpan } from './with-span.ts';

const exporter = new InMemorySpanExporter();

beforeEach(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
});
afterEach(() => {
  exporter.reset();
  trace.disable();
  context.disable();
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('the attribute names are the ones that dashboards rely on', () => {
  expect(ATTRIBUTE).toEqual({
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
  });
});

test('a span inside a span is its child', async () => {
  await withSpan('outer', {}, () => withSpan('inner', { tool: 'x' }, () => Promise.resolve(1)));
  const [inner, outer] = exporter.getFinishedSpans();
  expect(inner).toMatchObject({ name: 'inner', attributes: { tool: 'x' } });
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
});

test('a leaf is a child too, and what runs in it is where it was', async () => {
  await withSpan('outer', {}, async (outer) => {
    await withLeafSpan('leaf', { tool: 'x' }, () => {
      expect(trace.getActiveSpan()).toBe(outer);
      return Promise.resolve();
    });
  });
  const [leaf, outer] = exporter.getFinishedSpans();
  expect(leaf).toMatchObject({ name: 'leaf', attributes: { tool: 'x' } });
  expect(leaf?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
});

test('what is inside of a span that is not recorded is not recorded either, however deep', async () => {
  const chances = [0.9, 0.1, 0.1, 0.1];
  const sampler = createOwnSampler(0.5, () => chances.shift() ?? 0);
  trace.disable();
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  trace.setGlobalTracerProvider(new TracerProvider({ sampler, spanProcessors }));
  const leaf = () => withLeafSpan('leaf', {}, () => Promise.resolve());
  await withSpan('outer', {}, () => withSpan('inner', {}, leaf));
  expect(exporter.getFinishedSpans()).toEqual([]);
  expect(chances).toHaveLength(3);
});

test.each([withSpan, withLeafSpan])('%o gives back what it ran, and its failure', async (traced) => {
  expect(await traced('x', {}, () => Promise.resolve('done'))).toBe('done');
  const error = new AppError('rate_limited', 'hunter2');
  await expect(traced('failing', {}, () => Promise.reject(error))).rejects.toBe(error);
  expect(exporter.getFinishedSpans().map(({ status }) => status.code)).toEqual([0, 2]);
});

test.each([
  [new AppError('rate_limited', 'caller hunter2'), { 'error.type': 'rate_limited', error_code: 'rate_limited' }],
  [new TypeError('hunter2'), { 'error.type': 'TypeError' }],
  ['hunter2', { 'error.type': 'string' }],
])('a failed span has the kind of the error and never its text', async (thrown, attributes) => {
  await expect(withSpan('failing', {}, () => Promise.reject(thrown as Error))).rejects.toBe(thrown);
  const [span] = exporter.getFinishedSpans();
  expect(span?.attributes).toEqual(attributes);
  expect(span?.status).toEqual({ code: 2 });
  expect(JSON.stringify([span?.events, span?.attributes, span?.status])).not.toContain('hunter2');
});

test('without a configured SDK nothing is traced and everything runs', async () => {
  trace.disable();
  expect(await withSpan('x', {}, () => Promise.resolve(currentTraceCarrier()))).toEqual({});
});

test('the carrier names the current span, and is read back', async () => {
  const [carrier, span] = await withSpan('x', {}, (current) =>
    Promise.resolve([currentTraceCarrier(), current.spanContext()] as const),
  );
  expect(carrier.traceparent).toBe(`00-${span.traceId}-${span.spanId}-01`);
  expect(extractTraceContext(carrier.traceparent)).toMatchObject({ traceId: span.traceId, spanId: span.spanId });
});

test.each(['00', '01'])('the sampling flag %s of a stranger is not taken over', (flags) => {
  expect(extractTraceContext(`00-${TRACE}-${SPAN}-${flags}`)).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    traceFlags: TraceFlags.NONE,
    isRemote: true,
  });
});

test.each([
  undefined,
  7,
  '',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${SPAN}`,
  `00-${TRACE}-${SPAN}-01\n`,
  `01-${TRACE}-${SPAN}-01-${'x'.repeat(200)}`,
])('refuses the traceparent %s', (traceparent) => {
  expect(extractTraceContext(traceparent)).toBeUndefined();
});

test('W3C Trace Context: a later version may have more fields', () => {
  expect(extractTraceContext(`01-${TRACE}-${SPAN}-01-more`)).toMatchObject({ traceId: TRACE });
});
