import { MockOtlpServer } from '@elastic/mockotlpserver';
import { type Attributes, type Link, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SpanBatch } from './encode-spans.ts';

/** Reads by the official protos. */
const received: unknown[] = [];
const server = new MockOtlpServer({
  logLevel: 'fatal',
  services: ['http'],
  httpHostname: '127.0.0.1',
  httpPort: 0,
  onTrace: (request) => received.push(request),
});
beforeAll(() => server.start());
afterAll(() => server.close());

async function decoded(bytes: Uint8Array = new Uint8Array()): Promise<unknown> {
  const headers = { 'content-type': 'application/x-protobuf' };
  const response = await fetch(new URL('/v1/traces', server.httpUrl ?? ''), {
    method: 'POST',
    headers,
    body: Buffer.from(bytes),
  });
  expect(response.status).toBe(200);
  return withoutDefaults(received.pop());
}

/** Whether a field that has its default was sent is nothing that a reader of proto3 sees. */
function withoutDefaults(message: unknown): unknown {
  const isDefault = (key: string, value: unknown) =>
    (key.startsWith('dropped') && value === 0) || (value as { code?: unknown } | null)?.code === 'STATUS_CODE_UNSET';
  return JSON.parse(JSON.stringify(message, (key, value: unknown) => (isDefault(key, value) ? undefined : value)));
}

interface Described {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  readonly links: readonly Link[];
  readonly parent: Link['context'] | undefined;
  readonly start: number;
  readonly end: number;
  readonly failed: boolean;
}

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const spanContext = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  traceFlags: fc.constantFrom(0, 1),
  isRemote: fc.boolean(),
});
const described: fc.Arbitrary<Described> = fc.record({
  name: fc.string({ unit: 'binary', maxLength: 300 }),
  kind: fc.constantFrom(SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER),
  attributes: fc.dictionary(
    fc.string({ minLength: 1, maxLength: 200 }),
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 700 }),
      fc.string({ maxLength: 200 }),
      fc.boolean(),
      fc.nat(),
      fc.maxSafeNat(),
      fc.double({ noInteger: true }),
    ),
    { maxKeys: 6 },
  ),
  links: fc.array(
    spanContext.map((context) => ({ context })),
    { maxLength: 2 },
  ),
  // A parent that is not sampled has no children that are written.
  parent: fc.option(
    spanContext.map((context) => ({ ...context, traceFlags: 1 })),
    { nil: undefined },
  ),
  start: fc.integer({ min: 0, max: 4e12 }),
  end: fc.integer({ min: 4e12, max: 8e12 }),
  failed: fc.boolean(),
});

const RESOURCE = { 'service.name': 'demo', 'host.name': 'gräfin' };

function spansOf(descriptions: readonly Described[]): ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({
    resource: resourceFromAttributes(RESOURCE),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
    spanLimits: { attributeValueLengthLimit: 512, attributeCountLimit: 4 },
  });
  const tracer = provider.getTracer('causeway');
  for (const { name, parent, failed, start, end, ...options } of descriptions) {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const span = tracer.startSpan(name, { ...options, links: [...options.links], startTime: start }, context);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(end);
  }
  return exporter.getFinishedSpans();
}

async function expectTheSame(batch: SpanBatch, spans: ReadableSpan[]): Promise<void> {
  for (const span of spans) batch.add(span);
  const { bytes, count } = batch.take();
  expect(count).toBe(spans.length);
  expect(await decoded(bytes)).toEqual(await decoded(ProtobufTraceSerializer.serializeRequest(spans)));
}

test('whoever reads OTLP reads what the SDK’s own encoder would have written', async () => {
  const batch = new SpanBatch(RESOURCE);
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(described, { minLength: 1, maxLength: 30 }), async (descriptions) => {
      await expectTheSame(batch, spansOf(descriptions));
      count += descriptions.length;
    }),
    { numRuns: 200 },
  );
  expect(count).toBeGreaterThan(300);
});

test('links that the SDK dropped are told', async () => {
  const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } };
  const links = Array.from({ length: 200 }, () => link);
  const plain = { name: 'x', kind: SpanKind.CONSUMER, attributes: {}, parent: undefined, failed: false };
  const spans = spansOf([{ ...plain, links, start: 1e12, end: 2e12 }]);
  expect(spans[0]?.droppedLinksCount).toBe(72);
  await expectTheSame(new SpanBatch(RESOURCE), spans);
});

test('a span that cannot be written is left out, and harms no other one', async () => {
  const plain = { name: 'x', kind: SpanKind.SERVER, attributes: {}, links: [], parent: undefined, failed: false };
  const [good] = spansOf([{ ...plain, start: 1e12, end: 2e12 }]);
  if (good === undefined) throw new Error('there is no span');
  const bad = Object.create(good, { startTime: { value: [-5, 0] } }) as ReadableSpan;
  for (const spans of [
    [bad, good],
    [good, bad],
  ]) {
    const batch = new SpanBatch(RESOURCE);
    for (const span of spans) batch.add(span);
    const { bytes, count } = batch.take();
    expect(count).toBe(1);
    expect(await decoded(bytes)).toEqual(await decoded(ProtobufTraceSerializer.serializeRequest([good])));
  }
});

test('a batch that is larger than the buffer was, and one after it', async () => {
  const batch = new SpanBatch(RESOURCE);
  const span = {
    name: 'x'.repeat(60),
    kind: SpanKind.SERVER,
    attributes: { text: 'ü'.repeat(400) },
    links: [],
    parent: undefined,
  };
  const large = spansOf(Array.from({ length: 400 }, () => ({ ...span, start: 1e12, end: 4e12, failed: false })));
  await expectTheSame(batch, large);
  await expectTheSame(batch, large.slice(0, 1));
});
