// A worker that takes a batch and never gets done with it: node stuck-worker.ts LOCATION-AS-JSON LOCK-MS
import { writeSync } from 'node:fs';
import { Secret } from '@causeway/core';
import { consumeBatches } from '../queue/consume-batches.ts';

const [, , url = '', lockMs = ''] = process.argv;
const secret = new Secret(url);
consumeBatches({
  location: url.startsWith('redis') ? { redisUrl: secret } : { stateDatabaseUrl: secret },
  concurrency: 1,
  process: () => {
    writeSync(1, 'working\n');
    return new Promise(() => undefined);
  },
  report: () => undefined,
  lockMs: Number(lockMs),
});
