import { closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestPostgres } from '@causeway/runtime/testing/postgres-server';
import { fillFile } from './fill-file.ts';
import { pick } from './seeded-random.ts';
import type { TrailWorld } from './trail-world.ts';

/** What may go wrong at any time, and how it ends. */
export type Fault = (world: TrailWorld, random: () => number) => Promise<void>;

const soon = (random: () => number) => delay(100 + random() * 900);

export const FAULTS = {
  'kill a producer': async (world, random) => {
    const producer = pick(world.producers, random);
    await producer.kill();
    await producer.start();
  },
  'kill a worker': async (world, random) => {
    const worker = pick(world.workers, random);
    await worker.kill();
    await soon(random);
    await worker.start();
  },
  'kill the queue': async (world, random) => {
    const server = world.redis ?? world.state;
    await server?.kill();
    await soon(random);
    await server?.restart();
  },
  'wipe the queue clean': async ({ redis, state }) => {
    if (redis !== undefined) await redis.admin.flushall();
    else if (state !== undefined) await emptyQueueTables(state);
  },
  'stop the warehouse': async ({ warehouse }, random) => {
    await warehouse.kill();
    await soon(random);
    await warehouse.restart();
  },
  'fill the disk of the journals': async (world, random) => {
    const filler = join(world.journals, 'filler');
    const file = openSync(filler, 'w');
    const before = refusedBy(world);
    try {
      // Stored batches go and leave room, so it is filled until somebody was refused for it.
      for (const deadline = Date.now() + FULL_MS; refusedBy(world) === before;) {
        if (Date.now() > deadline) throw new Error('the disk is full, and nobody is refused');
        if (world.isDiskMounted) fillFile(file);
        // No byte is written: its length alone is what the producers look at.
        else ftruncateSync(file, 2 ** 30);
        await delay(20);
      }
      await soon(random);
    } finally {
      closeSync(file);
      rmSync(filler);
    }
  },
} satisfies Record<string, Fault>;

/** Far longer than the slowest machine takes to attempt one event. */
const FULL_MS = 60_000;

const refusedBy = ({ producers }: TrailWorld) => producers.reduce((sum, { refused }) => sum + refused, 0);

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** As FLUSHALL does it. Those who are at work in the tables may be in the way. */
async function emptyQueueTables(state: TestPostgres): Promise<void> {
  const rows = await state.query(
    `SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') AS tables FROM pg_tables WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%'`,
  );
  for (let attempt = 1; ; attempt++) {
    try {
      await state.query(`SET lock_timeout = '500ms'; TRUNCATE ${String(rows[0]?.['tables'])} CASCADE`);
      return;
    } catch (error) {
      const isInTheWay =
        error instanceof Error && 'code' in error && (error.code === '40P01' || error.code === '55P03');
      if (!isInTheWay || attempt === 20) throw error;
    }
  }
}
