import type { Secret } from '@causeway/core';
import type { HealthCheck, Metrics } from '@causeway/runtime';
import { auditChecks } from './audit-checks.ts';
import { addAuditMetrics } from './audit-metrics.ts';
import { openProducer } from './journal/journal-folder.ts';
import { Journal } from './journal/journal.ts';
import { RefusalRecorder } from './journal/refusal-recorder.ts';
import { type AuditSink, JournalSink } from './journal/sink.ts';
import { BullBatchQueue } from './queue/bull-batch-queue.ts';
import type { QueueLocation } from './queue/queue-backend.ts';
import { Shipper } from './queue/shipper.ts';
import { type Report, reportSparingly } from './report-sparingly.ts';

export interface AuditOptions {
  /** As it stands in the trail, and in the name of its journal's folder. */
  readonly service: string;
  readonly journalDir: string;
  readonly journalBytesMax: number;
  readonly producerKey: Secret;
  readonly location: QueueLocation;
  /** A queue that could forget what it is given then keeps the process from taking traffic. */
  readonly isProduction: boolean;
  readonly metrics: Pick<Metrics, 'registry'>;
  /** Hears of what goes wrong off the path of a call, of each kind of error once in ten seconds. */
  readonly report: Report;
}

/** A service's end of the audit trail. */
export interface Audit {
  readonly sink: AuditSink;
  /** For refusals of callers who proved nothing. */
  readonly refusals: RefusalRecorder;
  readonly checks: readonly HealthCheck[];
  /** After the last call: ships what it can within `drainMs`. What is left stays in the journal for the next process. */
  close(drainMs?: number): Promise<void>;
}

const DRAIN_MS = 2000;

/** Takes a journal of the service, adopts what an earlier process left in it, and begins to ship. */
export function openAudit(options: AuditOptions): Audit {
  const { service, producerKey: key } = options;
  const report = reportSparingly(options.report);
  const folder = openProducer(options.journalDir, service);
  const { producer } = folder;
  const journal = new Journal({ folder, bytesMax: options.journalBytesMax });
  const sink = new JournalSink({ journal, producer, service });
  const queue = new BullBatchQueue(options.location, report);
  const shipper = new Shipper({ journal, producer, queue, key, report });
  const refusals = new RefusalRecorder({ sink, report });
  shipper.start();
  refusals.start();
  addAuditMetrics(options.metrics.registry, { journal, shipper });
  return {
    sink,
    refusals,
    checks: auditChecks({ journal, queue, isProduction: options.isProduction }),
    close: async (drainMs = DRAIN_MS) => {
      try {
        await refusals.stop().catch(report);
        await shipper.drain(AbortSignal.timeout(drainMs));
        await shipper.stop();
        await queue.close();
      } finally {
        journal.close();
      }
    },
  };
}
