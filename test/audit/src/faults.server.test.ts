import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FAULT_NAMES, FAULTS } from './faults.ts';
import { seededRandom, shuffled } from './seeded-random.ts';
import { TrailWorld } from './trail-world.ts';

/** What ends a wait that would never end, also on a busy machine. */
const WAIT = { timeout: 60_000, interval: 50 };
const LOAD = { workers: 2, producers: 2, perTick: 10, tickMs: 10 };

describe.each(['redis', 'postgres'] as const)('with the queue on %s', (backend) => {
  test('every fault once, in any order: each accepted event has exactly one row', { timeout: 300_000 }, async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    console.log(`seed ${seed}`);
    const random = seededRandom(seed);
    const world = await TrailWorld.create({ backend, ...LOAD });
    onTestFinished(() => world.stop());
    await world.start();
    await expect.poll(() => world.accepted, WAIT).toBeGreaterThan(1000);
    for (const name of shuffled(FAULT_NAMES, random)) {
      await FAULTS[name](world, random);
      await delay(300 + random() * 700);
    }
    await world.settle(150_000);
    const verdict = await world.verdict();
    expect(verdict).toMatchObject({
      lost: [],
      doubled: [],
      reconciliation: { ok: true, lost: 0, doubled: 0, pending: 0, dead: 0 },
      verification: { ok: true, problems: [] },
    });
    // The disk was really full.
    expect(world.producers.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
  });
});
