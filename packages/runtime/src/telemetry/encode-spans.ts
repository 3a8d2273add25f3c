import { type Attributes, type HrTime, type SpanContext, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { ProtobufWriter } from './protobuf-writer.ts';

// The numbers are those of opentelemetry/proto/trace/v1/trace.proto and common/v1/common.proto. Of a span, counts of nothing and a status that nobody set are left out.

/** An `ExportTraceServiceRequest` of OTLP. */
export interface EncodedSpans {
  readonly bytes: Buffer;
  readonly count: number;
}

/** Spans of one process and one tracer, each written when it comes. They have no events: the SDK is told to keep none. */
export class SpanBatch {
  readonly #out = new ProtobufWriter();
  readonly #resource: Attributes;
  #count = 0;
  #resourceSpans = 0;
  #scopeSpans = 0;

  constructor(resource: Attributes) {
    this.#resource = resource;
  }

  get count(): number {
    return this.#count;
  }

  /** One that cannot be written, because it began before 1970, is left out: the end of a span must not fail. */
  add(span: ReadableSpan): void {
    const { length } = this.#out;
    try {
      if (this.#count === 0) this.#begin(span.instrumentationScope.name);
      writeSpan(this.#out, span);
      this.#count += 1;
    } catch {
      this.#out.truncate(length);
    }
  }

  /** What was added since the last time. */
  take(): EncodedSpans {
    this.#out.close(this.#scopeSpans);
    this.#out.close(this.#resourceSpans);
    const taken = { bytes: this.#out.take(), count: this.#count };
    this.#count = 0;
    return taken;
  }

  #begin(tracer: string): void {
    this.#resourceSpans = this.#out.open(1);
    const resource = this.#out.open(1);
    writeAttributes(this.#out, 1, this.#resource);
    this.#out.close(resource);
    this.#scopeSpans = this.#out.open(2);
    const scope = this.#out.open(1);
    this.#out.text(1, tracer);
    this.#out.close(scope);
  }
}

function writeSpan(out: ProtobufWriter, span: ReadableSpan): void {
  const { parentSpanContext: parent, status } = span;
  const context = span.spanContext();
  const start = out.open(2);
  out.hex(1, context.traceId);
  out.hex(2, context.spanId);
  if (parent !== undefined) out.hex(4, parent.spanId);
  out.text(5, span.name);
  // OTLP counts kinds from 1, the API from 0.
  out.integer(6, span.kind + 1);
  writeTime(out, 7, span.startTime);
  writeTime(out, 8, span.endTime);
  writeAttributes(out, 9, span.attributes);
  if (span.droppedAttributesCount > 0) out.integer(10, span.droppedAttributesCount);
  for (const link of span.links) writeLink(out, link.context);
  if (span.droppedLinksCount > 0) out.integer(14, span.droppedLinksCount);
  if (status.code !== SpanStatusCode.UNSET) {
    const inner = out.open(15);
    out.integer(3, status.code);
    out.close(inner);
  }
  out.fixed32(16, flagsOf(context, parent));
  out.close(start);
}

function writeLink(out: ProtobufWriter, context: SpanContext): void {
  const start = out.open(13);
  out.hex(1, context.traceId);
  out.hex(2, context.spanId);
  out.fixed32(6, flagsOf(context, context));
  out.close(start);
}

/** Bit 8: it is known whether the other one is of another process. Bit 9: it is. */
const flagsOf = ({ traceFlags }: SpanContext, other: SpanContext | undefined): number =>
  traceFlags | (other?.isRemote === true ? 0x300 : 0x100);

/** Nanoseconds since 1970 have more bits than a number: they are counted in two parts. */
function writeTime(out: ProtobufWriter, field: number, [seconds, nanoseconds]: HrTime): void {
  const upper = Math.floor(seconds / 0x1_0000) * 1e9;
  const lower = (upper % 0x1_0000) * 0x1_0000 + (seconds % 0x1_0000) * 1e9 + nanoseconds;
  const high = Math.floor(upper / 0x1_0000) + Math.floor(lower / 0x1_0000_0000);
  out.fixed64(field, { high, low: lower % 0x1_0000_0000 });
}

/** Texts, truth values and numbers: ours are nothing else. Of a list there would be its text, and a negative number is a double. */
function writeAttributes(out: ProtobufWriter, field: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    const start = out.open(field);
    out.text(1, key);
    const inner = out.open(2);
    if (typeof value === 'string') out.text(1, value);
    else if (typeof value === 'boolean') out.integer(2, Number(value));
    else if (Number.isSafeInteger(value) && Number(value) >= 0) out.integer(3, Number(value));
    else if (typeof value === 'number') out.double(4, value);
    else out.text(1, String(value));
    out.close(inner);
    out.close(start);
  }
}
