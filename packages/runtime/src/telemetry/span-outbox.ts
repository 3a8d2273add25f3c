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
  /** What the collector does not take is lost, and whoever sends says so. It has to end: the next batch waits for it. */
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
  #sending: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Somebody has waited for company long enough. */
  #isDue = false;
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
    if (this.#full.length * batchMax + batch.count >= waitingMax) return;
    batch.add(span);
    if (batch.count >= batchMax) {
      this.#full.push(batch.take());
      this.#sendNext();
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#isDue = true;
      this.#sendNext();
    }, delayMs).unref();
  }

  /** All that wait, at once. */
  async forceFlush(): Promise<void> {
    const { batch } = this.#options;
    const waiting = [...this.#full.splice(0), ...(batch.count > 0 ? [batch.take()] : [])];
    await Promise.all([this.#sending, ...waiting.map((spans) => this.#send(spans))]);
  }

  async shutdown(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.forceFlush();
    await this.#options.close();
  }

  /** While one is on its way the others grow, so that all but the last are full. */
  #sendNext(): void {
    if (this.#sending !== undefined) return;
    const spans = this.#full.shift() ?? this.#due();
    this.#sending =
      spans &&
      this.#send(spans).finally(() => {
        this.#sending = undefined;
        this.#sendNext();
      });
  }

  #due(): EncodedSpans | undefined {
    const { batch } = this.#options;
    if (!this.#isDue) return undefined;
    this.#isDue = false;
    return batch.count > 0 ? batch.take() : undefined;
  }

  /** Not in the context of the request whose span filled the batch. */
  async #send(spans: EncodedSpans): Promise<void> {
    await context.with(ROOT_CONTEXT, () => this.#options.send(spans)).catch(() => undefined);
  }
}
