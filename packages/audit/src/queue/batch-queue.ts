import type { CheckResult } from '@causeway/runtime';
import type { SignedBatch } from './batch.ts';

/** Where a batch is on its way. `done` carries what the worker answered. */
export type BatchState =
  { readonly at: 'missing' | 'under_way' | 'failed' } | { readonly at: 'done'; readonly answer: unknown };

/** The queue as the producer sees it. Every call ends in time, however the queue is. */
export interface BatchQueue {
  /** Adding a batch that is already there changes nothing. */
  add(batch: SignedBatch): Promise<void>;
  /** Puts the batch in place of what the queue has under its id. */
  replace(batch: SignedBatch): Promise<void>;
  stateOf(id: string): Promise<BatchState>;
  /** Hears of finished batches as they happen. It may miss some: `stateOf` is the truth. */
  onDone(listener: (id: string, answer: unknown) => void): void;
  /** Whether the queue can be reached. Throws when it cannot. */
  ping(): Promise<void>;
  /** Whether the queue's server is set up so that it keeps what it is given. */
  checkSetup(): Promise<CheckResult>;
  close(): Promise<void>;
}
