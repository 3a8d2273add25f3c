import { AppError, type Secret } from '@causeway/core';
import { openJournalFolder, readProducer } from './journal/journal-folder.ts';
import { Journal } from './journal/journal.ts';
import type { BatchQueue } from './queue/batch-queue.ts';
import { Shipper } from './queue/shipper.ts';

export interface AdoptOptions {
  /** A producer's folder. */
  readonly dir: string;
  readonly queue: BatchQueue;
  readonly producerKey: Secret;
  readonly report: (error: unknown) => void;
  /** Ends the waiting; what was not confirmed by then stays. */
  readonly signal: AbortSignal;
}

export interface Adopted {
  /** How many batches were waiting, and how many still are. */
  readonly found: number;
  readonly left: number;
}

/** Ships the journal of a process that is no more. `undefined` when its process is alive. */
export async function adoptJournal(options: AdoptOptions): Promise<Adopted | undefined> {
  const { queue, producerKey: key, report, signal } = options;
  if (readProducer(options.dir) === undefined)
    throw new AppError('not_found', 'no producer ever wrote into this folder');
  const folder = openJournalFolder(options.dir);
  if (folder === undefined) return undefined;
  const journal = new Journal({ folder, bytesMax: 0 });
  const shipper = new Shipper({ journal, producer: folder.producer, queue, key, report });
  try {
    const found = journal.batches().length;
    shipper.start();
    await shipper.drain(signal, { despiteFailures: true });
    await shipper.stop();
    return { found, left: journal.batches().length };
  } finally {
    journal.close();
  }
}
