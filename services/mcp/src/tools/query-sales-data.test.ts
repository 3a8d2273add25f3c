import { describe, expect, test } from 'vitest';
import { callTool } from '../call/call-tool.ts';
import { callerOf, callWorld } from '../testing/call-world.ts';

const row = {
  deal_id: 1,
  region: 'WEST',
  customer: 'c',
  rep_email: 'r@x',
  product: 'p',
  stage: 'won',
  amount: 10.5,
  margin_pct: null,
  closed_on: '2026-01-02',
};

async function ask(args: object, rows: object[] = [{ ...row, total_rows: 3 }], role = 'west_sales') {
  const world = callWorld({ engine: { query_sales_data: () => rows } });
  const result = await callTool(world.deps, world.call('query_sales_data', args, { caller: callerOf(role) }));
  return { ...world, result, statement: world.asked[0] };
}

test('rows without what was only counted, and whether there are more', async () => {
  const { result } = await ask({});
  expect(result).toMatchObject({
    ok: true,
    content: { rows: [row], total_rows: 3, truncated: true, masked_columns: ['margin_pct'] },
  });
});

test('nothing found is no row of nothing', async () => {
  expect((await ask({}, [])).result).toMatchObject({ content: { rows: [], total_rows: 0, truncated: false } });
});

test('who reads margins has no masked column', async () => {
  expect((await ask({}, [], 'finance')).result).toMatchObject({ content: { masked_columns: [] } });
});

test('ten rows when nobody says how many', async () => {
  expect((await ask({})).statement?.values).toEqual([10]);
});

describe('values are bound, never written', () => {
  test.each([
    [{ region: "WEST' OR true --" }, ["WEST' OR true --", 10], 'WHERE "region" = $1'],
    [{ stage: 'won', min_amount: 5 }, ['won', 5, 10], 'WHERE "stage" = $1 AND "amount" >= $2'],
    [{ region: 'WEST', order_by: 'amount', limit: 3 }, ['WEST', 3], 'ORDER BY "amount" DESC, "id"'],
    [{ order_by: 'closed_on' }, [10], 'ORDER BY "closed_on" DESC, "id"'],
  ])('%j', async (args, values, text) => {
    const { statement } = await ask(args);
    expect(statement?.values).toEqual(values);
    expect(statement?.text).toContain(text);
    expect(statement?.text).not.toContain('OR true');
  });
});

test.each([
  { limit: 0 },
  { limit: 101 },
  { limit: 1.5 },
  { order_by: 'margin_pct' },
  { min_amount: -1 },
  { min_amount: '5' },
  { region: 'x'.repeat(41) },
])('refused before anything is asked: %j', async (args) => {
  const { result, asked } = await ask(args);
  expect(result).toMatchObject({ ok: false, error: { code: 'invalid_request' } });
  expect(asked).toEqual([]);
});

test('a text is made once for each shape of a question', async () => {
  const world = callWorld({ engine: { query_sales_data: () => [] } });
  for (const region of ['WEST', 'EAST']) await callTool(world.deps, world.call('query_sales_data', { region }));
  expect(world.asked[0]?.text).toBe(world.asked[1]?.text);
});

test('columns are those that the policy maps, quoted', async () => {
  const world = callWorld({
    engine: { query_sales_data: () => [] },
    policy: (policy) => {
      policy.datasets['deals']!.columns['customer'] = 'Kunde "neu"';
      return policy;
    },
  });
  await callTool(world.deps, world.call('query_sales_data'));
  expect(world.asked[0]?.text).toContain('"Kunde ""neu""" AS "customer"');
});

test.each([
  [['west_sales'], ['margin_pct']],
  [['finance'], []],
])('what is masked for somebody whom only the platform knows is by its groups: %j', async (groups, masked) => {
  const world = callWorld({
    engine: { query_sales_data: () => [] },
    identity: { currentUser: 'olga@causeway.example', groups },
    policy: (policy) => ({ ...policy, workspace: { ...policy.workspace!, humans: {} } }),
  });
  const human = { issuer: 'https://w', subject: 'olga', email: 'olga@causeway.example', idp: 'workspace' };
  const principal = { id: 'olga@causeway.example', role: undefined, groups: [] };
  const caller = callerOf('west_sales', { pattern: 'obo', human, principal });
  const result = await callTool(world.deps, world.call('query_sales_data', {}, { caller }));
  expect(result).toMatchObject({ ok: true, content: { masked_columns: masked } });
});
