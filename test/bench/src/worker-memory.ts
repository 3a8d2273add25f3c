// `node test/bench/src/worker-memory.ts [--events N]`: the memory of the real worker while it stores a million events, through Redis.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Secret } from '@causeway/core';
import { newProducerKey, startAuditWay } from '../drivers/audit-world.ts';
import { startQueueDriver } from '../drivers/audit-through-queue.ts';
import { BATCH } from '../drivers/audit-records.ts';

const { values } = parseArgs({ options: { events: { type: 'string', default: '1000000' } } });
const batches = Math.ceil(Number(values.events) / BATCH);
const steps = 10;

const producerKey = newProducerKey();
const way = await startAuditWay('redis', producerKey);
try {
  const { call } = await startQueueDriver(producerKey, { redisUrl: new Secret(way.queue.url) });
  const startedAt = performance.now();
  for (let step = 1; step <= steps; step++) {
    await Promise.all(Array.from({ length: 8 }, () => store(call, batches / steps / 8)));
    const seconds = (performance.now() - startedAt) / 1000;
    const stored = (await way.warehouse.query('SELECT count(*)::int AS n FROM audit_base.tool_calls'))[0]?.['n'];
    console.log(`${String(stored)} stored after ${seconds.toFixed(0)} s, worker ${residentMb()} MB`);
  }
} finally {
  await way.stop();
}
process.exit();

async function store(call: () => Promise<boolean>, times: number): Promise<void> {
  for (let n = 0; n < times; n++) if (!(await call())) throw new Error('no receipt');
}

function residentMb(): number {
  const status = readFileSync(`/proc/${way.workerPid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}
