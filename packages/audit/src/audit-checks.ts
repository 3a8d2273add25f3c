import type { HealthCheck } from '@causeway/runtime';
import type { Journal } from './journal/journal.ts';
import type { BatchQueue } from './queue/batch-queue.ts';

export interface AuditChecksDeps {
  readonly journal: Pick<Journal, 'bytes' | 'bytesMax' | 'oldestMs' | 'probe'>;
  readonly queue: Pick<BatchQueue, 'checkSetup' | 'ping'>;
  readonly isProduction: boolean;
}

const WAITING_MS = 60_000;

/**
 * The health of a producer's audit trail. Without a journal there are no answers, so it is required. Without a queue events only
 * wait, so it is not; but a queue that is set up to forget is a mistake that production must not begin with.
 */
export function auditChecks({ journal, queue, isProduction }: AuditChecksDeps): HealthCheck[] {
  return [
    {
      name: 'audit_journal',
      required: true,
      freshMs: 1000,
      run: () => {
        // Nobody is sent to a process that is not ready, so no event would find out that the disk works again.
        journal.probe();
        if (journal.bytes < journal.bytesMax * 0.8) return Promise.resolve();
        return Promise.resolve({ status: 'degraded', cause: 'the journal is almost full' });
      },
    },
    {
      name: 'audit_queue',
      required: false,
      timeoutMs: 6000,
      run: async () => {
        await queue.ping();
        if (journal.oldestMs < WAITING_MS) return;
        return { status: 'degraded', cause: 'events have been waiting for the warehouse for more than a minute' };
      },
    },
    {
      name: 'audit_queue_setup',
      required: isProduction,
      timeoutMs: 6000,
      run: async () => {
        const setup = await queue.checkSetup().catch(() => ({ status: 'ok' as const }));
        return setup.status === 'down' && !isProduction ? { ...setup, status: 'degraded' } : setup;
      },
    },
  ];
}
