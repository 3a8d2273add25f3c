export { adoptJournal } from './adopt-journal.ts';
export { auditVariables } from './audit-variables.ts';
export { DeltaAuditTable } from './databricks/delta-audit-table.ts';
export { deltaSchema } from './databricks/delta-schema.ts';
export { deltaTrailRows } from './databricks/delta-trail-rows.ts';
export { retainDelta } from './databricks/retain-delta.ts';
export type { SqlStatements } from './databricks/sql-statements.ts';
export { Journal } from './journal/journal.ts';
export { openProducer } from './journal/journal-folder.ts';
export type { Recorded } from './journal/recorded.ts';
export { type Refusal, RefusalRecorder } from './journal/refusal-recorder.ts';
export { type AuditSink, JournalSink } from './journal/sink.ts';
export {
  batchId,
  isReceiptFor,
  type Receipt,
  type SignedBatch,
  signBatch,
  signReceipt,
  proofOf,
} from './queue/batch.ts';
export { type Audit, openAudit } from './open-audit.ts';
export { BullBatchQueue } from './queue/bull-batch-queue.ts';
export {
  type BatchConsumer,
  consumeBatches,
  type QueuedBatch,
  type QueueDepth,
  UnacceptableBatch,
} from './queue/consume-batches.ts';
export { type ProducerKey, readProducerKeys } from './queue/producer-keys.ts';
export type { QueueLocation } from './queue/queue-backend.ts';
export { type ReadBatch, readBatch, tracesOf } from './queue/read-batch.ts';
export { redisLoginProblems } from './queue/redis-login-problems.ts';
export { packRecords } from './queue/records-text.ts';
export { AUDIT_KINDS, type AuditEvent, type AuditKind, type AuditOutcome } from './record/event.ts';
export { createEventIds } from './record/event-id.ts';
export { auditRecord, type AuditRecord, toRecord } from './record/record.ts';
export { type Appended, type AuditTable, type DeadLetter, PostgresAuditTable } from './warehouse/audit-table.ts';
export { auditFoundation } from './warehouse/audit-schema.ts';
export { acceptRows } from './warehouse/accept-rows.ts';
export { createHeadSigner, type HeadKeys, readHeadKeys } from './warehouse/head.ts';
export { HeadsFile } from './warehouse/heads-file.ts';
export { readJournals } from './warehouse/read-journals.ts';
export { checkpointsPath } from './warehouse/heads-paths.ts';
export { readKeysBeside } from './warehouse/read-heads.ts';
export { type UnvouchedRows, UnvouchedRowsWatch } from './warehouse/unvouched-rows.ts';
export type { ChainRun } from './warehouse/chain-run.ts';
export { UnfaithfulAnswer, type Witnessed } from './warehouse/witness.ts';
export { MAIN_CHAIN } from './warehouse/audit-names.ts';
export { reconcile, type Reconciliation } from './warehouse/reconcile.ts';
export { retain, type RetainReport } from './warehouse/retain.ts';
export { storeBatch, type StoredBatch } from './warehouse/store-batch.ts';
export { type RowQuery, type StoredRow, streamRows, withReader } from './warehouse/stored-row.ts';
export { postgresTrailRows, type TrailRows } from './warehouse/trail-rows.ts';
export { type VerifyReport, verifyTrail } from './warehouse/verify-trail.ts';
