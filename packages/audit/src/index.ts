export { Journal, type JournalOptions } from './journal/journal.ts';
export { type Batch, type JournalFolder, openJournalFolder, openProducer } from './journal/journal-folder.ts';
export type { Recorded } from './journal/recorded.ts';
export { type Refusal, RefusalRecorder, type RefusalRecorderOptions } from './journal/refusal-recorder.ts';
export { type AuditSink, JournalSink, type JournalSinkOptions } from './journal/sink.ts';
export {
  batchId,
  isReceiptFor,
  type Receipt,
  type SignedBatch,
  signBatch,
  signReceipt,
  proofOf,
} from './queue/batch.ts';
export type { BatchQueue, BatchState } from './queue/batch-queue.ts';
export { BullBatchQueue } from './queue/bull-batch-queue.ts';
export {
  type BatchConsumer,
  consumeBatches,
  type ConsumerOptions,
  type QueuedBatch,
  type QueueDepth,
  UnacceptableBatch,
} from './queue/consume-batches.ts';
export type { QueueLocation } from './queue/queue-backend.ts';
export { type PoisonEvent, type ReadBatch, readBatch, tracesOf } from './queue/read-batch.ts';
export { Shipper, type ShipperOptions } from './queue/shipper.ts';
export { canonicalRecord, CHAIN_START, chainHash, leafOf } from './record/canonical.ts';
export { AUDIT_KINDS, type AuditEvent, type AuditKind, type AuditOutcome } from './record/event.ts';
export { createEventIds, eventIdTime } from './record/event-id.ts';
export { auditRecord, type AuditRecord, toRecord } from './record/record.ts';
