import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import type { CheckResult } from '@causeway/runtime';
import { type IQueueBackend, type Job, type JobProgress, UnrecoverableError, withBackend, type Worker } from 'bullmq';
import type { Report } from '../report-sparingly.ts';
import type { Receipt, SignedBatch } from './batch.ts';
import type { AuditQueue } from './bull-batch-queue.ts';
import { createQueueBackend } from './create-queue-backend.ts';
import { QUEUE_NAME, type QueueBackend, type QueueLocation } from './queue-backend.ts';

export interface QueuedBatch {
  readonly id: string;
  /** Whatever stands in the queue under this id: anyone who can write there may have put it in. */
  readonly batch: unknown;
  /** 1 for the first. */
  readonly attempt: number;
  readonly queuedAt: number;
}

/** Thrown for what no further attempt can mend, such as a batch that no producer signed. The queue keeps it as failed. */
export class UnacceptableBatch extends Error {
  override readonly name = 'UnacceptableBatch';
}

export interface ConsumerOptions {
  readonly location: QueueLocation;
  /** How many batches are worked on at once. */
  readonly concurrency: number;
  /** The batch is done when this resolves. After any error but `UnacceptableBatch` it is tried again, for ever. */
  readonly process: (job: QueuedBatch) => Promise<Receipt>;
  readonly report: Report;
  /** After how long without a sign of life another worker takes a batch over. */
  readonly lockMs?: number;
}

export interface QueueDepth {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

/** The worker's end of the queue. */
export interface BatchConsumer {
  depth(): Promise<QueueDepth>;
  ping(): Promise<void>;
  checkSetup(): Promise<CheckResult>;
  /** Finishes what is being worked on, and takes nothing more. */
  close(): Promise<void>;
}

type AuditWorker = Worker<SignedBatch, Receipt, string, IQueueBackend, JobProgress, object>;

interface Opened {
  readonly queue: AuditQueue;
  readonly worker: AuditWorker;
}

const BACKOFF_MAX_MS = 10_000;
const LOCK_MS = 10_000;
const ASK_AGAIN_MS = 1000;
const NOT_YET = { safeDetail: 'The queue could not be opened yet: the log says why.' };

/** With jitter, so that workers that lost the same database do not come back in step. */
export const retryDelayMs = (attempt: number, random: () => number = Math.random): number =>
  Math.ceil((0.5 + random() / 2) * Math.min(BACKOFF_MAX_MS, 100 * 2 ** Math.min(attempt, 10)));

/** Works on batches from now on, and as soon as the queue can be reached. */
export function consumeBatches(options: ConsumerOptions): BatchConsumer {
  const backend = createQueueBackend(options.location, options.report);
  const closing = new AbortController();
  let opened: Opened | undefined;
  const opening = openAtLast(backend, options, closing.signal).then((result) => (opened = result));
  const depth = async () => {
    if (opened === undefined) throw new AppError('upstream_unavailable', 'the audit queue was never reached', NOT_YET);
    const counts = await opened.queue.getJobCounts('waiting', 'active', 'delayed', 'failed');
    const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return { waiting, active, delayed, failed };
  };
  return {
    depth,
    // Not the server's PING: that a login lacks a right shows at what it has to do alone.
    ping: async () => {
      await depth();
    },
    checkSetup: () => backend.checkSetup(),
    close: async () => {
      closing.abort();
      await opening;
      await opened?.worker.close();
      await opened?.queue.close();
      await backend.close();
    },
  };
}

async function openAtLast(
  backend: QueueBackend,
  options: ConsumerOptions,
  signal: AbortSignal,
): Promise<Opened | undefined> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      return await open(backend, options);
    } catch (error) {
      options.report(error);
      await delay(retryDelayMs(attempt), undefined, { signal }).catch(() => undefined);
    }
  }
}

async function open(backend: QueueBackend, options: ConsumerOptions): Promise<Opened> {
  const { concurrency, process, report, lockMs = LOCK_MS } = options;
  await backend.prepare();
  const { Queue, Worker } = withBackend(askingSeldom(backend.factory));
  const queue: AuditQueue = new Queue(QUEUE_NAME, { connection: {} });
  const worker: AuditWorker = new Worker(QUEUE_NAME, (job: Job<SignedBatch, Receipt>) => work(job, process), {
    connection: {},
    concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    // A worker that is killed again and again must never fail a batch for good.
    maxStalledCount: 1_000_000_000,
    runRetryDelay: 1000,
    settings: { backoffStrategy: (attemptsMade) => retryDelayMs(attemptsMade) },
  });
  queue.on('error', report);
  worker.on('error', report);
  worker.on('failed', (_, error) => report(error));
  try {
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    return { queue, worker };
  } catch (error) {
    await Promise.allSettled([worker.close(true), queue.close()]);
    throw error;
  }
}

/** BullMQ asks for the next job again at once when the answer was an error, such as a missing right or a full disk: 20,000 times a second. */
function askingSeldom(factory: QueueBackend['factory']): QueueBackend['factory'] {
  return (...args) => {
    const backend = factory(...args);
    const ask = backend.moveToActive.bind(backend);
    backend.moveToActive = (...job) =>
      ask(...job).catch(async (error: unknown) => {
        await delay(ASK_AGAIN_MS);
        throw error;
      });
    return backend;
  };
}

async function work(job: Job<SignedBatch, Receipt>, process: ConsumerOptions['process']): Promise<Receipt> {
  try {
    return await process({
      id: job.id ?? '',
      batch: job.data,
      attempt: job.attemptsMade + 1,
      queuedAt: job.timestamp,
    });
  } catch (error) {
    throw error instanceof UnacceptableBatch ? new UnrecoverableError(error.message) : error;
  }
}
