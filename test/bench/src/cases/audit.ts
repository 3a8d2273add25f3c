import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumeBatches, proofOf, type QueueLocation, readBatch, signReceipt } from '@causeway/audit';
import { startTestRedis } from '@causeway/audit/testing';
import { Secret } from '@causeway/core';
import { startTestPostgres } from '@causeway/runtime/testing/postgres-server';
import type { BenchCase, Prepared } from '../bench-case.ts';

const at = (path: string) => new URL(`../../drivers/${path}`, import.meta.url);
const PRODUCER_KEY = 'the key of the producers of the benchmark';

/** A worker that checks what it gets and stores nothing, so that the producer is what is measured. */
function startWorker(location: QueueLocation) {
  const keys = [{ key: new Secret(PRODUCER_KEY) }];
  return consumeBatches({
    location,
    concurrency: 8,
    report: () => undefined,
    process: ({ id, batch }) => {
      const read = readBatch(keys, id, batch);
      if (!read.ok || read.poison.length > 0) return Promise.reject(new Error('not what was recorded'));
      return Promise.resolve(signReceipt(read.key, proofOf(read.batch)));
    },
  });
}

async function prepare(): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-audit-'));
  const [redis, postgres] = await Promise.all([startTestRedis(), startTestPostgres()]);
  const workers = [
    startWorker({ redisUrl: new Secret(redis.url) }),
    startWorker({ stateDatabaseUrl: new Secret(postgres.url) }),
  ];
  return {
    settings: { folder, redisUrl: redis.url, postgresUrl: postgres.url, producerKey: PRODUCER_KEY },
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([redis.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const benchCase: BenchCase = {
  name: 'audit',
  what: 'one event: what recording it costs the caller, and what shipping it to a worker costs the same process',
  prepare,
  targets: [
    { kind: 'driver', name: 'a line in a file', floor: true, module: at('audit-plain-file.ts') },
    { kind: 'driver', name: 'accepted', module: at('audit-record.ts') },
    { kind: 'driver', name: 'accepted and shipped, Redis', module: at('audit-record-redis.ts') },
    { kind: 'driver', name: 'accepted and shipped, Postgres', module: at('audit-record-postgres.ts') },
  ],
};
