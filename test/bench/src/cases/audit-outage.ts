import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestRedis } from '@causeway/audit/testing';
import { newProducerKey, startAuditWay } from '../../drivers/audit-world.ts';
import type { BenchAnswer, BenchCase, BenchRequest, Prepared } from '../bench-case.ts';

const at = (path: string) => new URL(`../../servers/${path}`, import.meta.url);

/** Two whole ways with Redis, of which one has lost its warehouse; and a Redis that is gone. */
async function prepare(): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), 'causeway-bench-outage-'));
  const producerKey = newProducerKey();
  const whole = await startAuditWay('redis', producerKey);
  const cut = await startAuditWay('redis', producerKey);
  const gone = await startTestRedis();
  await Promise.all([cut.warehouse.kill(), gone.kill()]);
  return {
    settings: {
      folder,
      producerKey,
      redisUrl: whole.queue.url,
      redisOfNoWarehouseUrl: cut.queue.url,
      deadRedisUrl: gone.url,
    },
    stop: async () => {
      await Promise.all([whole.stop(), cut.stop(), gone.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const request: BenchRequest = { method: 'GET', path: '/attempt' };
const isRight = ({ status, body }: BenchAnswer) => status === 200 && body === '{"recorded":true}';
// Rests between calls: what is compared is the time of an answer, and not how busy shipping keeps the machine.
const common = { kind: 'http' as const, request, isRight, concurrency: 4, restMs: 4 };

export const benchCase: BenchCase = {
  name: 'audit-outage',
  what: 'an answer that waits for its event to be in the journal, while the warehouse or Redis is down',
  prepare,
  targets: [
    { ...common, name: 'both up', floor: true, module: at('audited-all-up.ts') },
    { ...common, name: 'warehouse down', module: at('audited-warehouse-down.ts') },
    { ...common, name: 'Redis down', module: at('audited-redis-down.ts') },
  ],
};
