import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@causeway/core';
import { POSTGRES_KINDS } from '@causeway/runtime/testing/postgres-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startDemoWorld } from '../testing/start-demo-world.ts';

describe.each(POSTGRES_KINDS)('an outage of %s', (kind) => {
  let world: Awaited<ReturnType<typeof startDemoWorld>>;
  beforeAll(async () => {
    world = await startDemoWorld(kind);
  });
  afterAll(() => world.stop());

  const count = {
    name: 'count',
    text: 'SELECT count(*) AS n FROM sales.deals',
    values: [],
    row: z.object({ n: z.number() }),
  };

  async function ask(index: number): Promise<unknown> {
    const { caller } = world.people[index % world.people.length]!;
    try {
      const session = await world.platform.open(caller, { requestId: `r${index}` });
      const [row] = await session.query(count);
      return row?.n;
    } catch (error) {
      return error instanceof AppError ? error.code : error;
    }
  }

  test('under load everybody gets upstream_unavailable, and the next call after its return works', async () => {
    const right = world.people.map(({ seesDeal }) => world.deals.rows.filter(seesDeal).length);
    const seen = new Map<unknown, number>();
    let running = true;
    let calls = 0;
    const worker = async () => {
      while (running) {
        const index = calls++;
        const answer = await ask(index);
        const kindOfAnswer = answer === right[index % right.length] ? 'right' : answer;
        seen.set(kindOfAnswer, (seen.get(kindOfAnswer) ?? 0) + 1);
      }
    };
    const workers = Array.from({ length: 16 }, worker);
    while (calls < 200) await delay(5);
    await world.server.kill();
    const atKill = calls;
    while (calls < atKill + 200) await delay(5);
    expect(await world.platform.health()).toEqual({
      ok: false,
      problems: ['the database cannot be asked (no answer)'],
    });
    running = false;
    await Promise.all(workers);
    expect(new Set(seen.keys())).toEqual(new Set(['right', 'upstream_unavailable']));

    await world.server.restart();
    for (const [index, expected] of right.entries()) expect(await ask(index)).toBe(expected);
    expect((await world.platform.health()).ok).toBe(true);
  });
});
