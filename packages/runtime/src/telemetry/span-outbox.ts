import { context, ROOT_CONTEXT, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { EncodedSpans, SpanBatch } from './encode-spans.ts';

export interface SpanOutboxOptions {
  readonly batch: SpanBatch;
  readonly batchMax: number;
  /** Spans that wait to be sent. What comes when there are so many is dropped. */
  readonly waitingMax: number;
  /** How long a span waits for company. */
  readonly delayMs: number;
  /** Told of each span that ends, also of one that is dropped. */
  readonly onEnded: () => void;
  /** Never rejects: what the collector does not take is lost, and whoever sends says so. */
  readonly send: (spans: EncodedSpans) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Spans on their way to the collector, one batch after the other. Each is encoded when it ends, so that bytes wait: objects, which the SDK's
 * own processor keeps, would live just long enough for the garbage collector to copy them.
 */
export class SpanOutbox implements SpanProcessor {
  readonly #options: SpanOutboxOptions;
  readonly #full: EncodedSpans[] = [];
  #waiting = 0;
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: SpanOutboxOptions) {
    this.#options = options;
  }

  onStart(): void {
    // A span is nothing to send until it ends.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0 || this.#isClosed) return;
    const { batch, batchMax, waitingMax, delayMs, onEnded } = this.#options;
    onEnded();
    if (this.#waiting >= waitingMax) return;
    batch.add(span);
    this.#waiting += 1;
    if (batch.count >= batchMax) this.#pack();
    else this.#timer ??= setTimeout(() => this.#pack(), delayMs).unref();
  }

  /** All that wait, at once. */
  async forceFlush(): Promise<void> {
    this.#pack();
    await Promise.all([this.#sending, ...this.#full.splice(0).map((spans) => this.#send(spans))]);
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    await this.forceFlush();
    await this.#options.close();
  }

  #pack(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#options.batch.count > 0) this.#full.push(this.#options.batch.take());
    if (this.#sending === undefined) this.#sendNext();
  }

  #sendNext(): void {
    const spans = this.#full.shift();
    this.#sending = spans && this.#send(spans).then(() => this.#sendNext());
  }

  /** Not in the context of the request whose span filled the batch. */
  #send(spans: EncodedSpans): Promise<void> {
    this.#waiting -= spans.count;
    return context.with(ROOT_CONTEXT, () => this.#options.send(spans));
  }
}
