import type { QueueDepth, StoredBatch } from '@causeway/audit';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface WorkerMetrics {
  /** A batch is in hand; call the result when its receipt is given. */
  begin(id: string, oldestEventAt: number): (stored: StoredBatch) => void;
  refused(): void;
}

export interface WorkerMetricsOptions {
  readonly registry: Registry;
  readonly depth: () => Promise<QueueDepth>;
  readonly now?: () => number;
}

/** A batch that failed comes back within 10 s; one that does not was taken by another worker. */
const FORGET_MS = 60_000;
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];
const STATES = ['waiting', 'active', 'delayed', 'failed'] as const;

interface InHand {
  readonly oldestEventAt: number;
  readonly seenAt: number;
}

export function createWorkerMetrics({ registry, depth, now = Date.now }: WorkerMetricsOptions): WorkerMetrics {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const events = counter('audit_events_stored_total', 'Events that were stored.');
  const known = counter('audit_events_known_total', 'Events that came again and were stored already.');
  const dead = counter('audit_dead_letters_total', 'Events that can never be stored.');
  const refused = counter('audit_batches_refused_total', 'Batches in the queue that no producer signed.');
  const lag = new Histogram({
    name: 'audit_lag_seconds',
    help: 'From the oldest event of a batch to its receipt.',
    buckets: SECONDS,
    registers,
  });
  lag.zero({});
  const inHand = new Map<string, InHand>();
  for (const gauge of gauges({ inHand, depth, now })) registry.registerMetric(gauge);
  return {
    begin: (id, oldestEventAt) => {
      inHand.set(id, { oldestEventAt, seenAt: now() });
      return ({ stored, buried, given }) => {
        inHand.delete(id);
        events.inc(stored);
        known.inc(given - stored);
        dead.inc(buried);
        lag.observe(Math.max(0, now() - oldestEventAt) / 1000);
      };
    },
    refused: () => refused.inc(),
  };
}

interface GaugeDeps extends Required<Pick<WorkerMetricsOptions, 'depth' | 'now'>> {
  readonly inHand: Map<string, InHand>;
}

function gauges({ inHand, depth, now }: GaugeDeps): readonly Gauge[] {
  const oldestEvent = new Gauge({
    name: 'audit_oldest_unconfirmed_event_seconds',
    help: 'Age of the oldest event that this worker has seen and not confirmed; 0 when there is none.',
    registers: [],
    collect() {
      for (const [id, { seenAt }] of inHand) if (now() - seenAt > FORGET_MS) inHand.delete(id);
      const oldest = Math.min(now(), ...[...inHand.values()].map(({ oldestEventAt }) => oldestEventAt));
      this.set((now() - oldest) / 1000);
    },
  });
  const queued = new Gauge({
    name: 'audit_queue_batches',
    help: 'Batches in the queue by state; absent while the queue cannot be reached.',
    labelNames: ['state'] as const,
    registers: [],
    async collect() {
      const counts = await depth().catch(() => undefined);
      this.reset();
      if (counts !== undefined) for (const state of STATES) this.set({ state }, counts[state]);
    },
  });
  return [oldestEvent, queued];
}
