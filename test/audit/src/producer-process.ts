// Stands in for a service: records events as fast as it is told, and says of each on stdout that it was accepted.
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openAudit } from '@causeway/audit';
import { shrinkDisk, WANDA } from '@causeway/audit/testing';
import { AppError, Secret } from '@causeway/core';
import { createMetrics } from '@causeway/runtime';
import type { ProducerJob } from './producer-job.ts';

const job = JSON.parse(process.argv[2] ?? '{}') as ProducerJob;
if (job.diskBytes !== undefined) shrinkDisk(job.journalDir, job.diskBytes);
const secret = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));

const audit = openAudit({
  service: 'load',
  journalDir: job.journalDir,
  journalBytesMax: 2 ** 30,
  producerKey: new Secret(job.producerKey),
  location: { redisUrl: secret(job.redisUrl), stateDatabaseUrl: secret(job.stateDatabaseUrl) },
  isProduction: false,
  metrics: createMetrics(),
  report: () => undefined,
});

let stopping = false;
process.once('SIGTERM', () => (stopping = true));
writeSync(1, '.\n');

/** What is on the pipe was accepted: the line is written after the record, as an answer would be. */
async function attempt(id: string): Promise<void> {
  try {
    await audit.sink.record({
      kind: 'tool_call',
      requestId: id,
      caller: WANDA,
      outcome: { status: 'success' },
      tool: 'query_sales_data',
      arguments: { region: 'WEST', limit: 10 },
      statement: 'SELECT region, amount FROM sales.deals WHERE region = $1 LIMIT $2',
      rowsReturned: 10,
      maskedColumns: ['margin_pct'],
      latencyMs: 1.25,
    });
    writeSync(1, `+${id}\n`);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'audit_unavailable') throw error;
    writeSync(1, `-${id}\n`);
  }
}

for (let n = 0; !stopping && (job.events === undefined || n < job.events);) {
  const ids = Array.from({ length: job.perTick }, () => `${job.name}-${n++}`);
  await Promise.all(ids.map(attempt));
  await delay(job.tickMs);
}
await audit.close(job.drainMs);
