import type { Secret } from '@causeway/core';
import { integer, path, secret, type Variable } from '@causeway/runtime';

/** What a service that records events is told about its journal. The queue's place is in `stateStoreVariables`. */
export interface AuditVariables {
  readonly journalDir: Variable<string>;
  readonly journalMaxMb: Variable<number>;
  readonly producerKey: Variable<Secret>;
}

export function auditVariables(): AuditVariables {
  return {
    journalDir: path('JOURNAL_DIR', {
      description:
        'Where audit events stand until the warehouse has them. It outlives the process: a volume, not a container’s disk.',
    }),
    journalMaxMb: integer('JOURNAL_MAX_MB', {
      description: 'How large the journal of one process may get, in MiB, before calls are refused.',
      min: 16,
      max: 1_048_576,
      default: '2048',
    }),
    producerKey: secret('AUDIT_PRODUCER_KEY', {
      description: 'The key with which producers sign batches, and the worker its receipts.',
    }),
  };
}
