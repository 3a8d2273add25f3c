import { expect, onTestFinished, test } from 'vitest';
import { Queue } from 'bullmq';
import { TrailWorld } from './trail-world.ts';

const WAIT = { timeout: 60_000, interval: 50 };
const QUEUE = 'causeway-audit';

test('a batch that was put into Redis under a producer’s next id is named, and the producer’s own is stored in its place', async () => {
  const world = await TrailWorld.create({ backend: 'redis', workers: 1, producers: 1, perTick: 5, tickMs: 20 });
  onTestFinished(() => world.stop());
  const [producer] = world.producers;
  await producer?.start();
  await expect.poll(() => world.waitingBatches().length, WAIT).toBeGreaterThan(0);
  await producer?.kill();
  const [waiting] = world.waitingBatches();
  if (waiting === undefined || world.redis === undefined) throw new Error('a batch should wait in the journal');
  const { port } = new URL(world.redis.url);
  const queue = new Queue(QUEUE, { connection: { host: '127.0.0.1', port: Number(port) } });
  onTestFinished(() => queue.close());
  await queue.obliterate({ force: true });
  const forged = { ...waiting, records: '{"kind":"tool_call"}', traces: [], mac: 'bm8' };
  await queue.add('batch', forged, { jobId: `${waiting.producer}.${waiting.first}.${waiting.last}` });

  await world.start();
  await world.settle(120_000);
  const verdict = await world.verdict();
  expect(verdict).toMatchObject({
    lost: [],
    doubled: [],
    reconciliation: { ok: true, pending: 0, dead: 0 },
    verification: { ok: true },
  });
  const dead = await world.warehouse.query('SELECT batch, reason FROM audit_base.dead_letters');
  expect(dead).toEqual([
    { batch: `${waiting.producer}.${waiting.first}.${waiting.last}`, reason: 'not signed by a producer' },
  ]);
}, 240_000);
