import { Gauge, type Registry } from 'prom-client';
import type { Journal } from './journal/journal.ts';
import type { Shipper } from './queue/shipper.ts';

export interface AuditMetricsDeps {
  readonly journal: Pick<
    Journal,
    'batches' | 'bytes' | 'bytesMax' | 'failure' | 'nextSeq' | 'oldestMs' | 'strangersBytes'
  >;
  readonly shipper: Pick<Shipper, 'failures'>;
}

/** What an operator watches of a producer. Each is read when it is asked for: recording an event costs nothing more. */
export function addAuditMetrics(registry: Registry, { journal, shipper }: AuditMetricsDeps): void {
  const gauges: Record<string, readonly [help: string, read: () => number]> = {
    accepted_events: ['Events that this producer ever accepted.', () => journal.nextSeq - 1],
    journal_bytes: ['What the journal holds on disk.', () => journal.bytes],
    journal_bytes_max: ['What it may hold. Beyond that calls are refused.', () => journal.bytesMax],
    journal_strangers_bytes: ['How much of it is about callers who proved nothing.', () => journal.strangersBytes],
    journal_batches: ['Batches that the warehouse has not confirmed.', () => journal.batches().length],
    journal_failing: ['1 while events cannot be written down.', () => (journal.failure === undefined ? 0 : 1)],
    oldest_unconfirmed_seconds: ['How long the oldest event has been waiting.', () => journal.oldestMs / 1000],
    shipper_failures: ['Attempts to reach the queue that failed in a row.', () => shipper.failures],
  };
  for (const [name, [help, read]] of Object.entries(gauges)) {
    const collect = function (this: Gauge) {
      this.set(read());
    };
    registry.registerMetric(new Gauge({ name: `causeway_audit_${name}`, help, registers: [], collect }));
  }
}
