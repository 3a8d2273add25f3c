import { startDemoWorld } from '@causeway/platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';

let demo: Awaited<ReturnType<typeof startDemoWorld>>;
beforeAll(async () => {
  demo = await startDemoWorld('embedded');
});
afterAll(() => demo?.stop());

/** A call of a real tool on the governed sample. */
async function ask(tool: string, args: object, role = 'west_sales') {
  const world = callWorld();
  const deps = { ...world.deps, platform: demo.platform };
  const result = await callTool(deps, world.call(tool, args, { caller: callerOf(role) }));
  if (!result.ok) throw result.error;
  return result.content;
}

interface Found {
  readonly document_id: string;
  readonly title: string;
  readonly snippet: string;
  readonly score: number;
  readonly source: string;
}

describe('query_knowledge_base', () => {
  const search = async (query: string, role = 'west_sales', limit = 5) =>
    (await ask('query_knowledge_base', { query, limit }, role))['results'] as readonly Found[];

  test('finds by the words, best first, and shows where', async () => {
    const results = await search('discount approval');
    expect(results[0]).toMatchObject({ document_id: 'policy-discount-approval', source: 'policy' });
    expect(results[0]?.snippet).toContain('**discount**');
    const scores = results.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(Math.max(...scores)).toBeLessThanOrEqual(1);
  });

  test('finds other forms of a word', async () => {
    expect((await search('discounts approving')).map(({ document_id: id }) => id)).toContain(
      'policy-discount-approval',
    );
  });

  test('documents with every word come before those with one', async () => {
    expect((await search('parental leave'))[0]?.document_id).toBe('policy-parental-leave');
  });

  test('leaves out what a minus names', async () => {
    expect((await search('discount -approval')).map(({ document_id: id }) => id)).not.toContain(
      'policy-discount-approval',
    );
  });

  test('finds misspelt words', async () => {
    expect((await search('discoutn approvel'))[0]?.document_id).toBe('policy-discount-approval');
  });

  test('finds nothing for what is nowhere', async () => {
    expect(await search('xyzzy')).toEqual([]);
  });

  test.each(["' OR true --", '!!!', '& | !', '"', "'''", ':*', '(', '\\', '%', 'a & b | (c', '🙂'])(
    'takes any text as words: %s',
    async (query) => {
      expect(Array.isArray(await search(query))).toBe(true);
    },
  );

  test('shows documents only to those whose they are', async () => {
    const hidden = demo.documents.rows.filter(({ audience }) => audience !== 'everyone');
    expect(hidden.length).toBeGreaterThan(5);
    for (const { id, title } of hidden) {
      expect((await search(title, 'west_sales', 20)).map((found) => found.document_id)).not.toContain(id);
      expect((await search(title, 'executive', 20)).map((found) => found.document_id)).toContain(id);
    }
  });
});

test('get_region_summary adds up what the role may see', async () => {
  const west = demo.deals.rows.filter(({ region }) => region === 'WEST');
  const revenue = Math.round(west.reduce((sum, { amount }) => sum + amount, 0) * 100) / 100;
  expect(await ask('get_region_summary', {})).toEqual({
    rows: [
      { region: 'WEST', deals: west.length, revenue, average_deal: Math.round((revenue / west.length) * 100) / 100 },
    ],
  });
  expect(await ask('get_region_summary', { region: 'EAST' })).toEqual({ rows: [] });
  const all = await ask('get_region_summary', {}, 'managers');
  expect((all['rows'] as { region: string }[]).map(({ region }) => region)).toEqual(['EAST', 'NORTH', 'SOUTH', 'WEST']);
});

test('query_sales_data filters, orders, limits and counts', async () => {
  const wanted = demo.deals.rows.filter(
    ({ region, stage, amount }) => region === 'WEST' && stage === 'won' && amount >= 50_000,
  );
  const content = await ask('query_sales_data', {
    region: 'WEST',
    stage: 'won',
    min_amount: 50_000,
    order_by: 'amount',
    limit: 3,
  });
  expect(content).toMatchObject({
    total_rows: wanted.length,
    truncated: wanted.length > 3,
    masked_columns: ['margin_pct'],
  });
  const largest = wanted.map(({ amount }) => amount).toSorted((a, b) => b - a);
  expect((content['rows'] as { amount: number }[]).map(({ amount }) => amount)).toEqual(largest.slice(0, 3));
});

test('check_identity says what the engine says', async () => {
  const { principal } = callerOf('finance');
  expect(await ask('check_identity', {}, 'finance')).toMatchObject({
    platform: { current_user: principal.id, groups: ['finance'] },
  });
});
