import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, Secret } from '@causeway/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { toolCall } from '../testing/sample-events.ts';
import { testProducer } from '../testing/test-producer.ts';
import { batchId, proofOf, type SignedBatch, signReceipt } from './batch.ts';
import type { BatchQueue, BatchState } from './batch-queue.ts';
import { retryDelayMs } from './consume-batches.ts';
import { unpackRecords } from './records-text.ts';
import { setupOf } from './redis-backend.ts';
import { Shipper, type ShipperOptions } from './shipper.ts';

/** What ends a wait that would never end, also on a busy machine. */
const WAIT = { timeout: 30_000 };
const KEY = new Secret('the key of the producers');

/** A queue that does what the test says. */
class FakeQueue implements BatchQueue {
  readonly added: SignedBatch[] = [];
  readonly replaced: SignedBatch[] = [];
  state: BatchState = { at: 'under_way' };
  isDown = false;
  #listener: (id: string, answer: unknown) => void = () => undefined;

  add = (batch: SignedBatch): Promise<void> => {
    if (this.isDown) return Promise.reject(new AppError('upstream_unavailable', 'down'));
    this.added.push(batch);
    return Promise.resolve();
  };
  replace = (batch: SignedBatch): Promise<void> => {
    this.replaced.push(batch);
    return Promise.resolve();
  };
  stateOf = (): Promise<BatchState> => Promise.resolve(this.state);
  onDone = (listener: (id: string, answer: unknown) => void): void => {
    this.#listener = listener;
  };
  ping = (): Promise<void> => Promise.resolve();
  checkSetup = () => Promise.resolve({ status: 'ok' as const });
  close = (): Promise<void> => Promise.resolve();

  answer(id: string, answer: unknown): void {
    this.#listener(id, answer);
  }

  confirm(batch: SignedBatch): void {
    this.answer(batchId(batch), signReceipt(KEY, proofOf(batch)));
  }
}

function ship(options: Partial<ShipperOptions> = {}) {
  const producer = testProducer();
  const queue = new FakeQueue();
  const report = vi.fn<(error: unknown) => void>();
  const shared = { journal: producer.journal, producer: producer.producer, key: KEY };
  const shipper = new Shipper({ ...shared, queue, report, everyMs: 1, ...options });
  shipper.start();
  onTestFinished(() => shipper.stop());
  return { ...producer, queue, shipper, report };
}

test('no more batches are under way than allowed; what comes meanwhile travels together', async () => {
  const { sink, queue, journal } = ship({ inFlightMax: 2 });
  for (const count of [1, 2]) {
    await sink.record(toolCall());
    await vi.waitFor(() => expect(queue.added).toHaveLength(count), WAIT);
  }
  const looked = vi.spyOn(journal, 'batches');
  for (let at = 3; at <= 10; at++) await sink.record(toolCall());
  await vi.waitFor(() => expect(looked.mock.calls.length).toBeGreaterThan(2), WAIT);
  expect(queue.added).toHaveLength(2);
  const [first] = queue.added;
  queue.confirm(first!);
  await vi.waitFor(() => expect(queue.added).toHaveLength(3), WAIT);
  expect(queue.added[2]).toMatchObject({ first: 3, last: 10 });
  expect(journal.batches()).toHaveLength(2);
});

test('an outage is counted and reported, and everything goes out afterwards', async () => {
  const { sink, queue, shipper, report } = ship();
  queue.isDown = true;
  await sink.record(toolCall());
  await vi.waitFor(() => expect(shipper.failures).toBeGreaterThan(1), WAIT);
  expect(report).toHaveBeenCalled();
  queue.isDown = false;
  await vi.waitFor(() => expect(queue.added).toHaveLength(1), WAIT);
  await vi.waitFor(() => expect(shipper.failures).toBe(0), WAIT);
});

test('the journal is trimmed by a receipt, and by nothing else', async () => {
  const { sink, queue, journal } = ship();
  await sink.record(toolCall());
  await vi.waitFor(() => expect(queue.added).toHaveLength(1), WAIT);
  const batch = queue.added[0]!;
  for (const answer of [undefined, { stored: batchId(batch), mac: batch.mac }]) {
    queue.answer(batchId(batch), answer);
    queue.answer('another.1.1', answer);
  }
  expect(journal.batches()).toHaveLength(1);
  queue.confirm(batch);
  expect(journal.batches()).toEqual([]);
});

test.each<[string, BatchState, 'added' | 'replaced']>([
  ['the queue has lost', { at: 'missing' }, 'added'],
  ['has failed', { at: 'failed' }, 'replaced'],
  ['is done without a receipt', { at: 'done', answer: { stored: 'yes' } }, 'replaced'],
])('an overdue batch that %s goes again', async (_, state, list) => {
  const { sink, queue, journal } = ship({ askAfterMs: 5 });
  queue.state = state;
  await sink.record(toolCall());
  await vi.waitFor(() => expect(queue[list].length).toBeGreaterThan(list === 'added' ? 1 : 0), WAIT);
  expect(journal.batches()).toHaveLength(1);
});

test('an overdue batch that is under way is left alone', async () => {
  const { sink, queue } = ship({ askAfterMs: 1 });
  const asked = vi.spyOn(queue, 'stateOf');
  await sink.record(toolCall());
  await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(2), WAIT);
  expect([queue.added.length, queue.replaced.length]).toEqual([1, 0]);
});

test('a batch that the queue says is under way for too long is put in again, in place of whatever has its id', async () => {
  const { sink, queue, journal } = ship({ askAfterMs: 1, replaceAfterMs: 20 });
  await sink.record(toolCall());
  await vi.waitFor(() => expect(queue.replaced.length).toBeGreaterThan(0), WAIT);
  expect(journal.batches()).toHaveLength(1);
});

test('lines that the disk spoiled are reported, and the rest of the batch travels', async () => {
  const { sink, queue, journal, report } = ship({ everyMs: 1_000_000 });
  await Promise.all([sink.record(toolCall()), sink.record(toolCall())]);
  journal.cut();
  const [batch] = journal.batches();
  writeFileSync(batch!.file, 'spoiled', { flag: 'r+' });
  const drained = new Shipper({ journal, producer: 'p', key: KEY, queue, report, everyMs: 1 });
  await drained.drain(AbortSignal.timeout(20));
  expect(unpackRecords(queue.added[0]?.records ?? '')).toHaveLength(1);
  expect(String(report.mock.calls[0]?.[0])).toContain('1 of 2 lines');
});

test('a batch of which nothing can be read does not stand in the way for ever', async () => {
  const { sink, queue, journal, shipper, report } = ship({ everyMs: 1_000_000 });
  await sink.record(toolCall());
  journal.cut();
  writeFileSync(journal.batches()[0]!.file, '');
  await shipper.drain(AbortSignal.timeout(1000));
  expect(queue.added).toEqual([]);
  expect(journal.batches()).toEqual([]);
  expect(report).toHaveBeenCalledOnce();
});

test('retries wait longer and longer, with jitter, and never more than ten seconds', () => {
  expect([1, 5, 10, 1000].map((attempt) => retryDelayMs(attempt, () => 1))).toEqual([200, 3200, 10_000, 10_000]);
  expect(retryDelayMs(1000, () => 0)).toBe(5000);
});

test.each([
  ['maxmemory_policy:noeviction\r\naof_enabled:1\r\n', 'ok'],
  ['maxmemory_policy:allkeys-lru\r\naof_enabled:1\r\n', 'down'],
  ['maxmemory_policy:noeviction\r\naof_enabled:0\r\n', 'down'],
  ['', 'down'],
])('INFO %j means %s', (info, status) => {
  expect(setupOf(info).status).toBe(status);
});

test('a clock that is set back puts off no look at what is under way', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const { sink, queue } = ship({ askAfterMs: 10 });
  await sink.record(toolCall());
  await vi.waitFor(() => expect(queue.added).toHaveLength(1), WAIT);
  vi.setSystemTime(Date.now() - 86_400_000);
  // The queue has lost it.
  queue.state = { at: 'missing' };
  await vi.waitFor(() => expect(queue.added.length).toBeGreaterThan(1), WAIT);
});

test('while the queue is down, one batch finds it out and the others are not even read', async () => {
  const producer = testProducer(undefined, { batchEventsMax: 1 });
  for (let at = 0; at < 5; at++) await producer.sink.record(toolCall());
  const queue = new FakeQueue();
  queue.isDown = true;
  const add = vi.spyOn(queue, 'add');
  const { journal, producer: name } = producer;
  const shipper = new Shipper({ journal, producer: name, queue, key: KEY, report: () => undefined, everyMs: 1 });
  onTestFinished(() => shipper.stop());
  shipper.start();
  await vi.waitFor(() => expect(shipper.failures).toBeGreaterThan(1), WAIT);
  expect(add).toHaveBeenCalledTimes(shipper.failures);
  queue.isDown = false;
  await vi.waitFor(() => expect(queue.added).toHaveLength(5), WAIT);
});

test('a slow queue holds up neither the end of a drain nor that of the process, with however many batches', async () => {
  const { sink, journal, producer } = testProducer(undefined, { batchEventsMax: 1 });
  for (let at = 0; at < 20; at++) await sink.record(toolCall());
  const queue = new FakeQueue();
  const add = vi.spyOn(queue, 'add').mockImplementation(() => delay(100));
  const shipper = new Shipper({ journal, producer, queue, key: KEY, report: () => undefined });
  await shipper.drain(AbortSignal.timeout(150));
  expect(add.mock.calls.length).toBeLessThan(20);
  await shipper.stop();
  const added = add.mock.calls.length;
  expect(added).toBeLessThan(20);
  await delay(300);
  expect(add).toHaveBeenCalledTimes(added);
});
