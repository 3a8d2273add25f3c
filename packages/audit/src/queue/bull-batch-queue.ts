import { setTimeout as delay } from 'node:timers/promises';
import type { CheckResult } from '@causeway/runtime';
import { type IQueueBackend, type JobsOptions, type Queue, type QueueEvents, withBackend } from 'bullmq';
import type { Report } from '../report-sparingly.ts';
import { batchId, type Receipt, type SignedBatch } from './batch.ts';
import type { BatchQueue, BatchState } from './batch-queue.ts';
import { createQueueBackend } from './create-queue-backend.ts';
import { QUEUE_NAME, type QueueBackend, type QueueLocation } from './queue-backend.ts';
import { within } from './within.ts';

export type AuditQueue = Queue<SignedBatch, Receipt, string, SignedBatch, Receipt, string, IQueueBackend, object>;
type AuditQueueEvents = QueueEvents<Receipt, IQueueBackend, object>;

const CALL_MS = 5000;
const LISTEN_AGAIN_MS = 1000;

const JOB: JobsOptions = {
  // No outage may exhaust them: with the worker's longest pause they last for three centuries.
  attempts: 1_000_000_000,
  backoff: { type: 'custom' },
  // Kept for a producer that missed the word; few, because each still holds its events.
  removeOnComplete: { count: 150, age: 300 },
  removeOnFail: { count: 500, age: 7 * 86_400 },
};

/** The producer's end of the queue, on BullMQ. It connects when it is first needed, and again after that failed. */
export class BullBatchQueue implements BatchQueue {
  readonly #backend: QueueBackend;
  readonly #report: Report;
  readonly #closing = new AbortController();
  #listener: (id: string, answer: unknown) => void = () => undefined;
  #opened: Promise<AuditQueue> | undefined;
  #events: AuditQueueEvents | undefined;

  constructor(location: QueueLocation, report: Report) {
    this.#backend = createQueueBackend(location, report);
    this.#report = report;
  }

  add(batch: SignedBatch): Promise<void> {
    return this.#call(async (queue) => {
      await queue.add('batch', batch, { ...JOB, jobId: batchId(batch) });
    });
  }

  replace(batch: SignedBatch): Promise<void> {
    return this.#call(async (queue) => {
      // BullMQ silently ignores a job whose id it has, also when that one failed. One that is being worked on stays.
      await queue.remove(batchId(batch));
      await queue.add('batch', batch, { ...JOB, jobId: batchId(batch) });
    });
  }

  stateOf(id: string): Promise<BatchState> {
    return this.#call(async (queue) => {
      const [status, value] = [await queue.getBackend().isFinished(id, true)].flat();
      if (status === 1) return { at: 'done', answer: parse(value) };
      if (status === 2) return { at: 'failed' };
      return { at: status === 0 ? 'under_way' : 'missing' };
    });
  }

  onDone(listener: (id: string, answer: unknown) => void): void {
    this.#listener = listener;
  }

  ping(): Promise<void> {
    return within(CALL_MS, this.#backend.ping());
  }

  checkSetup(): Promise<CheckResult> {
    return within(CALL_MS, this.#backend.checkSetup());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const queue = await this.#opened?.catch(() => undefined);
    await Promise.allSettled([this.#events?.close(), queue?.close()]);
    await this.#backend.close();
  }

  #call<T>(work: (queue: AuditQueue) => Promise<T>): Promise<T> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return within(CALL_MS, this.#opened.then(work));
  }

  // BullMQ remembers a failed first connection for ever, so each attempt starts from nothing.
  async #open(): Promise<AuditQueue> {
    await this.#backend.prepare();
    const { Queue } = withBackend(this.#backend.factory);
    const queue: AuditQueue = new Queue(QUEUE_NAME, { connection: {} });
    const events = this.#createEvents();
    queue.on('error', this.#report);
    try {
      await Promise.all([queue.waitUntilReady(), events.waitUntilReady()]);
    } catch (error) {
      await Promise.allSettled([queue.close(), events.close()]);
      throw error;
    }
    void this.#listen(events);
    return queue;
  }

  #createEvents(): AuditQueueEvents {
    const { QueueEvents } = withBackend(this.#backend.factory);
    const events: AuditQueueEvents = new QueueEvents(QUEUE_NAME, { connection: {}, autorun: false });
    events.on('error', this.#report);
    events.on('completed', ({ jobId, returnvalue }) => this.#listener(jobId, returnvalue));
    this.#events = events;
    return events;
  }

  async #listen(first: AuditQueueEvents): Promise<void> {
    const { signal } = this.#closing;
    for (let events: AuditQueueEvents | undefined = first; events !== undefined;) {
      await events.run().catch(this.#report);
      await events.close().catch(() => undefined);
      await delay(LISTEN_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      events = signal.aborted ? undefined : this.#createEvents();
    }
  }
}

function parse(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : value;
  } catch {
    return undefined;
  }
}
