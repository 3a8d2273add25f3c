import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { openAudit } from '@causeway/audit';
import { Secret } from '@causeway/core';
import { createMetrics } from '@causeway/runtime';
import type { StartDriver } from '../src/bench-case.ts';
import { AUDIT_EVENT } from './audit-event.ts';

const NOBODY_LISTENS = 'redis://127.0.0.1:1';
const BATCHES_WAITING_MAX = 48;

/** An event accepted by the journal. With a queue it is shipped too: events wait as soon as the worker falls behind. */
export const startDriver: StartDriver = ({ folder = '', queueUrl = NOBODY_LISTENS, producerKey = '' }) => {
  const metrics = createMetrics();
  const url = new Secret(queueUrl);
  const audit = openAudit({
    service: 'bench',
    journalDir: mkdtempSync(join(folder, 'journal-')),
    journalBytesMax: 2 ** 36,
    producerKey: new Secret(producerKey),
    location: queueUrl.startsWith('redis') ? { redisUrl: url } : { stateDatabaseUrl: url },
    isProduction: false,
    metrics,
    report: () => undefined,
  });
  let count = 0;
  let caughtUp: Promise<void> | undefined;
  const catchUp = async () => {
    while (queueUrl !== NOBODY_LISTENS && (await batchesWaiting()) > BATCHES_WAITING_MAX) await tick();
    caughtUp = undefined;
  };
  const batchesWaiting = async () => {
    const values = await metrics.registry.getSingleMetric('causeway_audit_journal_batches')?.get();
    return values?.values[0]?.value ?? 0;
  };
  return Promise.resolve({
    call: async () => {
      if (++count % 500 === 0) caughtUp ??= catchUp();
      await caughtUp;
      await audit.sink.record(AUDIT_EVENT);
      return true;
    },
  });
};

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));
