import {
  type AuditTable,
  type ProducerKey,
  proofOf,
  type QueuedBatch,
  readBatch,
  type ReadBatch,
  type Receipt,
  signReceipt,
  storeBatch,
  type StoredBatch,
  UnacceptableBatch,
  UnfaithfulAnswer,
  type Witnessed,
} from '@causeway/audit';
import type { Logger } from '@causeway/runtime';
import { traceBatch } from './trace-batch.ts';
import type { TrailWatch } from './watch-trail.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

export interface ProcessDeps {
  readonly chain: string;
  /** Those in use first. */
  readonly keys: readonly ProducerKey[];
  readonly table: Pick<AuditTable, 'append'>;
  readonly heads: { anchor(rows: Witnessed): Promise<void> };
  readonly trail: Pick<TrailWatch, 'unfaithful'>;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

type Accepted = Extract<ReadBatch, { ok: true }>;

const EXCERPT = 2000;
const BATCH_ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.\d{1,16}\.\d{1,16}$/;

/** What happens to a batch: it is checked, stored, its rows are vouched for outside the database, and only then the producer gets its receipt. */
export function createProcessBatch(deps: ProcessDeps): (job: QueuedBatch) => Promise<Receipt> {
  return async (job) => {
    const read = readBatch(deps.keys, job.id, job.batch);
    if (!read.ok) return refuse(deps, job, read.reason);
    const oldest = read.records[0]?.occurred_at;
    const done = deps.metrics.begin(job.id, oldest === undefined ? job.queuedAt : Date.parse(oldest));
    const stored = await traceBatch(read, () => store(deps, job.id, read));
    done(stored);
    if (stored.buried > 0) deps.logger.error('events are dead letters', { batch: job.id, events: stored.buried });
    return signReceipt(read.key, proofOf(read.batch));
  };
}

async function store({ table, heads, chain, trail }: ProcessDeps, id: string, read: Accepted): Promise<StoredBatch> {
  const { batch, records, poison } = read;
  const batchToStore = { chain, id, producer: batch.producer, records, poison };
  const stored = await storeBatch(table, batchToStore).catch((error: unknown) => {
    if (error instanceof UnfaithfulAnswer) trail.unfaithful(id, error);
    throw error;
  });
  // Also what was there: the attempt before this one may have died between the two.
  await heads.anchor(stored);
  return stored;
}

/** Kept as evidence, and then failed: a producer that finds its id taken by a failed batch puts its own in that place. */
async function refuse(
  { chain, table, metrics, logger }: ProcessDeps,
  job: QueuedBatch,
  reason: string,
): Promise<never> {
  const content = (JSON.stringify(job.batch) ?? '').slice(0, EXCERPT);
  await table.append(chain, [], [{ batch: job.id, reason, content }]);
  metrics.refused();
  // Whoever put it there chose the id: in a log it would be text of theirs.
  logger.error('a batch in the queue is not a producer’s', { batch: BATCH_ID.test(job.id) ? job.id : '', reason });
  throw new UnacceptableBatch(reason);
}
