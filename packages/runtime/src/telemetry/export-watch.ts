import { Counter, type Registry } from 'prom-client';
import type { Logger } from '../logging/create-logger.ts';

export type Signal = 'traces' | 'metrics';

/** How the way to the collector goes. */
export interface ExportWatch {
  /** A span has ended and waits. When many more end than are exported, the queue is full and drops them. */
  ended(): void;
  exported(signal: Signal, items: number): void;
  failed(signal: Signal, error: unknown): void;
}

export interface ExportWatchOptions {
  readonly logger: Pick<Logger, 'warn'>;
  readonly registry: Registry;
  readonly now?: () => number;
}

const QUIET_MS = 60_000;

/** Counts what goes out. A collector that is down is one line a minute. */
export function createExportWatch({ logger, registry, now = Date.now }: ExportWatchOptions): ExportWatch {
  const registers = [registry];
  const ended = new Counter({ name: 'telemetry_spans_ended_total', help: 'Recorded spans that ended.', registers });
  const spans = new Counter({
    name: 'telemetry_spans_exported_total',
    help: 'Spans that the collector took.',
    registers,
  });
  const failures = new Counter({
    name: 'telemetry_export_failures_total',
    help: 'Exports that failed for good, by signal.',
    labelNames: ['signal'] as const,
    registers,
  });
  for (const signal of ['traces', 'metrics'] as const) failures.inc({ signal }, 0);
  let loggedAt = -Infinity;
  let silenced = 0;
  return {
    ended: () => ended.inc(),
    exported: (signal, items) => {
      if (signal === 'traces') spans.inc(items);
    },
    failed: (signal, error) => {
      failures.inc({ signal });
      if (now() - loggedAt < QUIET_MS) {
        silenced += 1;
        return;
      }
      logger.warn('telemetry does not reach the collector', { signal, status: statusOf(error), error, silenced });
      loggedAt = now();
      silenced = 0;
    },
  };
}

/** The collector's HTTP status; its answer may quote what it was sent. */
function statusOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
