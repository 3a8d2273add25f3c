import { describe, expect } from 'vitest';
import type { McpWorld } from '../mcp-world.ts';
import { requirement } from '../requirement.ts';
import { DEALS, dealsOf, revenueOf } from '../sample-figures.ts';

const MONA = 'mona@fabrikam.example';
const REGIONS = ['EAST', 'NORTH', 'SOUTH', 'WEST'];

type Ask = (question: string, conversation?: unknown) => Promise<Readonly<Record<string, unknown>>>;

const byRevenue = (rows: readonly (Record<string, unknown> & { revenue: number })[]) =>
  rows.toSorted((a, b) => b.revenue - a.revenue);

/** genie_query: what comes back, and that a conversation goes on. */
export function genieTests(world: () => McpWorld): void {
  const ask: Ask = async (question, conversation) => {
    const args = { question, ...(conversation !== undefined && { conversation_id: conversation }) };
    const { content } = await world().call(await world().proofOf(MONA), 'genie_query', args);
    return content;
  };
  describe('genie_query', () => {
    answerTests(ask);
    conversationTests(ask);
  });
}

function answerTests(ask: Ask): void {
  requirement('genie-output', 'every field of an answer, with the figures of the generated rows', async () => {
    expect(await ask('revenue by region')).toEqual({
      conversation_id: expect.stringMatching(/^k1\.[\w-]+$/),
      message_id: expect.any(String),
      status: 'completed',
      text: 'Revenue by region; sorted by revenue, highest first.',
      sql: expect.stringMatching(/^SELECT .*\nGROUP BY /s),
      columns: ['region', 'revenue'],
      rows: byRevenue(REGIONS.map((region) => ({ region, revenue: revenueOf(dealsOf(region)) }))),
      total_rows: 4,
      truncated: false,
    });
  });

  requirement('genie-output', 'fifty rows at most, and how many there are', async () => {
    const { rows, total_rows, truncated } = await ask('list deals');
    const newest = DEALS.toSorted((a, b) => b.closed_on.localeCompare(a.closed_on) || a.id - b.id);
    expect((rows as { deal_id: number }[]).map((row) => row.deal_id)).toEqual(newest.slice(0, 50).map(({ id }) => id));
    expect([total_rows, truncated]).toEqual([DEALS.length, true]);
  });

  requirement('genie-question-length', 'from 1 to 2000 characters', async () => {
    const refused = { error: expect.objectContaining({ code: 'invalid_request' }) };
    for (const question of ['', '   ', 'x'.repeat(2001)]) expect(await ask(question)).toEqual(refused);
    for (const question of ['x', 'x'.repeat(2000)]) {
      expect(await ask(question)).toMatchObject({ status: 'clarification' });
    }
  });

  requirement('genie-clarification', 'what cannot be answered as asked is asked back, without rows', async () => {
    for (const question of ['what is the best one', 'tell me a joke']) {
      const answer = await ask(question);
      expect(answer).toMatchObject({ status: 'clarification', columns: [], rows: [], total_rows: 0 });
      expect(answer['text']).toMatch(/Ask for|You can ask for/i);
      expect(answer['sql']).toBeUndefined();
    }
  });
}

function conversationTests(ask: Ask): void {
  requirement('genie-follow-up', 'what was asked before is refined, by anybody who brings their handle', async () => {
    const first = await ask('revenue by region');
    const second = await ask('only WEST', first['conversation_id']);
    expect(second).toMatchObject({ rows: [{ region: 'WEST', revenue: revenueOf(dealsOf('WEST')) }], total_rows: 1 });
    const third = await ask('and by product', second['conversation_id']);
    const products = [...new Set(DEALS.map(({ product }) => product))];
    const expected = products.map((product) => ({
      region: 'WEST',
      product,
      revenue: revenueOf(dealsOf('WEST').filter((deal) => deal.product === product)),
    }));
    expect(third['rows']).toEqual(byRevenue(expected));
    // Alone it means nothing: it is the conversation that gives it its meaning.
    expect(await ask('and by product')).not.toMatchObject({ rows: third['rows'] });
  });

  requirement('genie-handle-sealed', 'a handle with one character changed, cut or made up is not_found', async () => {
    const { conversation_id } = await ask('revenue by region');
    const handle = String(conversation_id);
    const middle = Math.floor(handle.length / 2);
    const flipped = `${handle.slice(0, middle)}${handle[middle] === 'A' ? 'B' : 'A'}${handle.slice(middle + 1)}`;
    for (const changed of [flipped, handle.slice(0, -4), `${handle}A`, handle.replace('k1', 'k2'), 'k1.AAAA', 'x']) {
      expect(await ask('only WEST', changed)).toEqual({ error: expect.objectContaining({ code: 'not_found' }) });
    }
    expect(await ask('only WEST', handle)).toMatchObject({ status: 'completed', total_rows: 1 });
  });
}
