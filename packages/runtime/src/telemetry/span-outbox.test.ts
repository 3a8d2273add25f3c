import { setTimeout as delay } from 'node:timers/promises';
import { context, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, onTestFinished, test } from 'vitest';
import { type EncodedSpans, SpanBatch } from './encode-spans.ts';
import { SpanOutbox, type SpanOutboxOptions } from './span-outbox.ts';

/** An outbox whose collector answers when it is told to. */
function outboxOf(options: Partial<SpanOutboxOptions> = {}) {
  const sent: number[] = [];
  const answers: (() => void)[] = [];
  const seen = { ended: 0, closed: 0 };
  const outbox = new SpanOutbox({
    batch: new SpanBatch({}),
    batchMax: 3,
    waitingMax: 10,
    delayMs: 10_000,
    onEnded: () => (seen.ended += 1),
    send: ({ count }: EncodedSpans) => {
      sent.push(count);
      const { promise, resolve } = Promise.withResolvers<void>();
      answers.push(resolve);
      return promise;
    },
    close: () => {
      seen.closed += 1;
      return Promise.resolve();
    },
    ...options,
  });
  const tracer = new TracerProvider({ spanProcessors: [outbox] }).getTracer('demo');
  const end = (count: number) => {
    for (let index = 0; index < count; index += 1) tracer.startSpan('x').end();
  };
  const answer = async () => {
    answers.shift()?.();
    await delay(0);
  };
  return { outbox, sent, seen, end, answer };
}

test('a full batch goes out at once, and the next one when the collector has answered', async () => {
  const { sent, end, answer } = outboxOf();
  end(7);
  expect(sent).toEqual([3]);
  await answer();
  expect(sent).toEqual([3, 3]);
  await answer();
  expect(sent).toEqual([3, 3]);
});

test('a batch that nobody fills goes out after the delay', async () => {
  const { sent, end } = outboxOf({ delayMs: 20 });
  end(1);
  expect(sent).toEqual([]);
  await expect.poll(() => sent).toEqual([1]);
});

test('while the collector takes its time, what waits becomes full batches', async () => {
  const { outbox, sent, end, answer } = outboxOf({ delayMs: 5 });
  end(3);
  for (let count = 0; count < 7; count += 1) {
    end(1);
    await delay(10);
  }
  expect(sent).toEqual([3]);
  const ended = outbox.shutdown();
  expect(sent).toEqual([3, 3, 3, 1]);
  for (let turn = 0; turn < 4; turn += 1) await answer();
  await ended;
});

test('what was due while another was on its way goes out after it', async () => {
  const { sent, end, answer } = outboxOf({ delayMs: 5 });
  end(4);
  await delay(20);
  expect(sent).toEqual([3]);
  await answer();
  expect(sent).toEqual([3, 1]);
});

test('a batch that could not be sent holds up no other one', async () => {
  const sent: number[] = [];
  const { end } = outboxOf({
    send: ({ count }) => {
      sent.push(count);
      return Promise.reject(new Error('no collector'));
    },
  });
  end(6);
  await expect.poll(() => sent).toEqual([3, 3]);
});

test('more than may wait is dropped, and counted as ended', async () => {
  const { sent, seen, end, answer } = outboxOf();
  end(50);
  for (let turn = 0; turn < 5; turn += 1) await answer();
  expect(seen.ended).toBe(50);
  // Three under way, and ten that waited. The last one waits for company.
  expect(sent).toEqual([3, 3, 3, 3]);
  end(2);
  expect(sent).toEqual([3, 3, 3, 3, 3]);
});

test('the end sends all that wait at once, waits for the answers, and takes nothing more', async () => {
  const { outbox, sent, seen, end, answer } = outboxOf();
  end(8);
  const ended = outbox.shutdown();
  expect(sent).toEqual([3, 3, 2]);
  for (let turn = 0; turn < 2; turn += 1) await answer();
  expect(seen.closed).toBe(0);
  await answer();
  await ended;
  expect(seen.closed).toBe(1);
  end(5);
  await outbox.forceFlush();
  expect(sent).toEqual([3, 3, 2]);
});

test('a span that is not sampled is none', () => {
  const { outbox, seen } = outboxOf();
  const spanContext = () => ({ traceId: '', spanId: '', traceFlags: TraceFlags.NONE });
  outbox.onEnd({ spanContext } as unknown as ReadableSpan);
  expect(seen.ended).toBe(0);
});

test('a batch is not sent in the context of the request that filled it', () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  onTestFinished(() => context.disable());
  const key = Symbol('request');
  const seen: unknown[] = [];
  const { end } = outboxOf({
    batchMax: 1,
    send: () => {
      seen.push(context.active().getValue(key));
      return Promise.resolve();
    },
  });
  context.with(context.active().setValue(key, 'mine'), () => end(1));
  expect(seen).toEqual([undefined]);
});
