export { adoptJournal, type Adopted, type AdoptOptions } from './adopt-journal.ts';
export { auditVariables, type AuditVariables } from './audit-variables.ts';
export { DeltaAuditTable, type DeltaAuditTableOptions } from './databricks/delta-audit-table.ts';
export { deltaSchema, type DeltaSchemaOptions } from './databricks/delta-schema.ts';
export { deltaTrailRows } from './databricks/delta-trail-rows.ts';
export { retainDelta } from './databricks/retain-delta.ts';
export type { SqlStatements, WarehouseRow, WarehouseStatement } from './databricks/sql-statements.ts';
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
export { type Audit, openAudit, type AuditOptions } from './open-audit.ts';
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
export { type ProducerKey, readProducerKeys } from './queue/producer-keys.ts';
export type { QueueLocation } from './queue/queue-backend.ts';
export { type PoisonEvent, type ReadBatch, readBatch, tracesOf } from './queue/read-batch.ts';
export { packRecords } from './queue/records-text.ts';
export { Shipper, type ShipperOptions } from './queue/shipper.ts';
export { type Report, reportSparingly } from './report-sparingly.ts';
export { canonicalRecord, CHAIN_START, chainHash, leafOf } from './record/canonical.ts';
export { AUDIT_KINDS, type AuditEvent, type AuditKind, type AuditOutcome } from './record/event.ts';
export { createEventIds, eventIdTime } from './record/event-id.ts';
export { auditRecord, type AuditRecord, toRecord } from './record/record.ts';
export { type Appended, type AuditTable, type DeadLetter, PostgresAuditTable } from './warehouse/audit-table.ts';
export { auditFoundation, type AuditFoundation } from './warehouse/audit-schema.ts';
export { type ChainProblem, type Tampering } from './warehouse/chain-check.ts';
export { acceptRows } from './warehouse/accept-rows.ts';
export { createHeadSigner, type HeadKeys, type HeadSigner, readHeadKeys } from './warehouse/head.ts';
export { HeadsFile } from './warehouse/heads-file.ts';
export { readJournals } from './warehouse/read-journals.ts';
export { checkpointsPath } from './warehouse/heads-paths.ts';
export { readKeysBeside } from './warehouse/read-heads.ts';
export { type UnvouchedRows, UnvouchedRowsWatch } from './warehouse/unvouched-rows.ts';
export type { ChainRun } from './warehouse/chain-run.ts';
export { UnfaithfulAnswer, type Witnessed } from './warehouse/witness.ts';
export { MAIN_CHAIN } from './warehouse/audit-names.ts';
export { type ProducerAccount, reconcile, type Reconciliation } from './warehouse/reconcile.ts';
export { retain, type RetainReport } from './warehouse/retain.ts';
export { storeBatch, type StoredBatch } from './warehouse/store-batch.ts';
export { type RowQuery, type StoredRow, streamRows, withReader } from './warehouse/stored-row.ts';
export { postgresTrailRows, type TrailRows } from './warehouse/trail-rows.ts';
export { type VerifyReport, verifyTrail } from './warehouse/verify-trail.ts';
